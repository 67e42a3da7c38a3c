import Foundation
import GatewayCore
import Testing

@testable import Console

/// What doctor says of what it finds.
struct CheckupTests {
    private static let good = TerminalDescription(
        name: "xterm-256color", isKnown: true, colors: 256, isUTF8: true, size: Size(80, 24))

    private func checkup(
        _ terminal: TerminalDescription, _ environment: [String: String] = ["LANG": "C.UTF-8"]
    )
        -> Checkup
    {
        var checkup = Checkup(home: "/home/ann")
        checkup.terminal(terminal, environment)
        return checkup
    }

    @Test func `a good terminal is well, and each thing that isn't is a warning with what to do`() {
        #expect(checkup(Self.good).status == 0)
        for (change, words): (@Sendable (inout TerminalDescription) -> Void, String) in [
            ({ $0.isKnown = false }, "install ncurses-base"), ({ $0.isUTF8 = false }, "set LANG=C.UTF-8"),
            ({ $0.size = Size(40, 9) }, "the console needs 50x10"),
        ] {
            var terminal = Self.good
            change(&terminal)
            let found = checkup(terminal)
            #expect(found.status == 1 && found.text.contains(words), "\(found.text)")
        }
        #expect(checkup(Self.good, ["NO_COLOR": "1"]).text.contains("NO_COLOR is set"))
    }

    @Test func `folders that others can read are a warning, ones that can't be written are broken`() throws {
        let base = NSTemporaryDirectory() + "signalbox-doctor-" + UUID().uuidString.prefix(8)
        defer { try? FileManager.default.removeItem(atPath: base) }
        let environment = ["XDG_RUNTIME_DIR": base + "/run", "XDG_STATE_HOME": base + "/state"]
        func status() -> Int32 {
            var checkup = Checkup(home: "")
            checkup.folders(environment)
            return checkup.status
        }
        try FileManager.default.createDirectory(atPath: base, withIntermediateDirectories: true)
        #expect(status() == 0, "they will be made")
        for (mode, wanted) in [(0o700, Int32(0)), (0o755, 1)] {
            for name in ["/run/signalbox", "/state/signalbox"] {
                try FileManager.default.createDirectory(
                    atPath: base + name, withIntermediateDirectories: true)
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: base + name)
            }
            #expect(status() == wanted)
        }
        #expect(FileManager.default.createFile(atPath: base + "/file", contents: nil))
        var nowhere = Checkup(home: "")
        nowhere.folders(["XDG_RUNTIME_DIR": base + "/file/run", "XDG_STATE_HOME": base + "/file/state"])
        #expect(nowhere.status == 2 && nowhere.text.contains("set XDG_RUNTIME_DIR"))
    }

    @Test func `a gateway's ill nodes, its version and its clock are told, and a bundle names none of them`()
    {
        var snapshot = SampleFleet.troubled(second: 60)
        snapshot.gateway.address = "10.1.2.3:8080"
        snapshot.gateway.version = "0.0.9"
        var checkup = Checkup(home: "/home/ann")
        checkup.gateway(snapshot, at: "/home/ann/run/a.sock", now: snapshot.time + 60)
        #expect(checkup.status == 1)
        for words in ["10.1.2.3:8080", "connection refused", "use one version", "clock differs by 1m"] {
            #expect(checkup.text.contains(words), "\(checkup.text)")
        }
        let bundle = checkup.json.text
        for secret in ["10.1.2.3", "127.0.0.1", "engine-", "ann"] {
            #expect(!bundle.contains(secret), "\(bundle)")
        }
        #expect(bundle.contains("8 nodes") && bundle.contains("not well"))
    }
}
