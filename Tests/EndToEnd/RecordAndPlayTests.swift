import Foundation
import TestSupport
import Testing

/// `record` before a gateway that runs, `play` without one, and the past of a live console.
@Suite(.serialized)
struct RecordAndPlayTests {
    /// Records a gateway until pictures before and after a change of weight are in the file. Returns the node's name.
    private func record(_ signalbox: Signalbox, _ file: String) async throws -> String {
        let engine = try await Engine(signalbox)
        let gateway = try await Serving(signalbox, [engine.url])
        let name = try #require(try await signalbox.waitForServing().names.first)
        let recorder = try signalbox.start("record", file)
        func size() -> Int {
            (try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int) ?? 0
        }
        try await expectEventually("the first pictures in the file") { size() > 0 }
        #expect(try await signalbox.run("weight", name, "37").status == 0)
        let before = size()
        try await expectEventually("pictures after the change") { size() > before + 100 }
        recorder.signal(SIGINT)
        let result = try await recorder.result()
        #expect(result.status == 0 && result.errors.contains("pictures"), "\(result.errors)")
        gateway.program.signal(SIGKILL)
        _ = try await gateway.program.result()
        return name
    }

    @Test
    func `what was recorded is played without a gateway, changes nothing, and a cut file says where it ends`()
        async throws
    {
        let signalbox = try Signalbox()
        let file = signalbox.folder.file("fleet.rec")
        let name = try await record(signalbox, file)
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)

        let terminal = try await signalbox.terminal(columns: 120, rows: 30)
        try await terminal.enter(signalbox.line(["play", file]))
        try await terminal.waitFor("the first picture") { screen in
            screen.first?.contains("RECORDED") == true && screen.contains { $0.contains(name) }
        }
        try await terminal.press("d")
        try await terminal.waitFor(text: "recorded:")
        try await terminal.press("}")
        try await terminal.waitFor("the last picture, with the weight") { screen in
            screen.contains { $0.contains(name) && $0.split(separator: " ").contains("37") }
        }
        try await terminal.press("{", "{")
        try await terminal.waitFor("the first picture, with the weight before") { screen in
            screen.contains { $0.contains(name) && $0.split(separator: " ").contains("100") }
        }
        try await terminal.press("p")
        try await terminal.waitFor("playing to the end") { screen in
            screen.contains { $0.contains(name) && $0.split(separator: " ").contains("37") }
        }
        try await terminal.press("q")
        try await terminal.waitFor("the shell") { $0.last { !$0.isEmpty }?.hasPrefix("ready%") == true }
        #expect(try await terminal.disorders().isEmpty)

        let cut = signalbox.folder.file("cut.rec")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        try bytes.dropLast(7).write(to: URL(fileURLWithPath: cut))
        try await terminal.enter("clear; " + signalbox.line(["play", cut]))
        try await terminal.waitFor(text: "the file ends in an entry")
        try await terminal.press("q")
        try await terminal.waitFor("the shell with the place") { screen in
            screen.contains { $0.contains("signalbox: \(cut): byte ") }
        }
    }

    @Test func `what can't be played or recorded is said and exits 1`() async throws {
        let signalbox = try Signalbox()
        let other = try signalbox.folder.write("{\"not\": \"a recording\"}", to: "other.json")
        for (words, message) in [
            (["play", other], "byte 0: this is no recording"),
            (["play", signalbox.folder.file("nothing")], "can't be read"),
            (["record", signalbox.folder.file("x.rec")], "no gateway runs here"),
        ] {
            let result = try await signalbox.run(words)
            #expect(result.status == 1 && result.errors.contains(message), "\(words) \(result.errors)")
        }
        #expect(try await signalbox.run("play").status == 2)
        #expect(try await signalbox.run("record", "f", "--limit", "1000").status == 2)
    }

    @Test func `a console that comes late sees what was before`() async throws {
        let signalbox = try Signalbox()
        let engine = try await Engine(signalbox)
        let gateway = try await Serving(signalbox, [engine.url])
        let name = try #require(try await signalbox.waitForServing().names.first)
        let file = signalbox.folder.file("before.rec")
        let seconds = try await signalbox.run("record", file, "--for", "7s")
        #expect(seconds.status == 0, "\(seconds.errors)")
        #expect(try await signalbox.run("weight", name, "37").status == 0)
        let terminal = try await signalbox.terminal(columns: 120, rows: 30)
        try await terminal.enter(signalbox.line(["attach", "--admin", gateway.admin]))
        try await terminal.waitFor("the new weight") { row(of: name, has: "37", $0) }
        try await terminal.press("{")
        try await terminal.waitFor("the weight before this console came") { screen in
            row(of: name, has: "100", screen) && screen.first?.contains("PAST") == true
        }
        try await terminal.press("q")
        try await terminal.waitFor("the shell") { $0.last { !$0.isEmpty }?.hasPrefix("ready%") == true }
    }

    private func row(of node: String, has word: Substring, _ screen: [String]) -> Bool {
        screen.contains { $0.contains(node) && $0.split(separator: " ").contains(word) }
    }

    @Test func `a live console steps back before a change and returns to now`() async throws {
        let signalbox = try Signalbox()
        let engine = try await Engine(signalbox)
        let gateway = try await Serving(signalbox, [engine.url])
        let name = try #require(try await signalbox.waitForServing().names.first)
        let terminal = try await signalbox.terminal(columns: 120, rows: 30)
        try await terminal.enter(signalbox.line(["attach", "--admin", gateway.admin]))
        try await terminal.waitFor("the node's row") { row(of: name, has: "100", $0) }
        #expect(try await signalbox.run("weight", name, "37").status == 0)
        try await terminal.waitFor("the new weight") { row(of: name, has: "37", $0) }
        try await terminal.press("{")
        try await terminal.waitFor("the weight before, in the past") { screen in
            row(of: name, has: "100", screen) && screen.first?.contains("PAST") == true
        }
        try await terminal.press("w")
        try await terminal.waitFor(text: "this is the past")
        try await terminal.press("Escape")
        try await terminal.waitFor("now") { screen in
            row(of: name, has: "37", screen) && screen.first?.contains("PAST") == false
        }
        try await terminal.press("q")
        try await terminal.waitFor("the shell") { $0.last { !$0.isEmpty }?.hasPrefix("ready%") == true }
    }
}
