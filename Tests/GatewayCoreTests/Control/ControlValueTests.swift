import Foundation
import GatewayCore
import Testing

struct EventLogTests {
    @Test func `the newest are kept, within the snapshot's bound, and all are counted`() {
        var log = EventLog()
        for number in 1...1000 {
            log.add("event \(number)", severity: .warning, node: "a", time: Double(number))
        }
        #expect(log.total == 1000 && log.newestFirst.count == Snapshot.listLimit)
        #expect(log.newestFirst.first?.text == "event 1000" && log.newestFirst.first?.sequence == 1000)
        #expect(log.newestFirst.last?.text == "event \(1001 - Snapshot.listLimit)")
        let record = log.newestFirst[3]
        #expect(
            record.severity == .warning && record.node == "a" && record.actor == "system"
                && record.time == 997)
    }
}

struct StatePathTests {
    @Test func `the XDG directories are honoured, empty ones are not`() {
        let set = ["XDG_RUNTIME_DIR": "/run/user/7", "XDG_STATE_HOME": "/state", "HOME": "/home/ann"]
        #expect(StatePaths.runtimeDirectory(environment: set) == "/run/user/7/signalbox")
        #expect(
            StatePaths.adminSocket(address: "127.0.0.1:8080", environment: set)
                == "/run/user/7/signalbox/127.0.0.1:8080.sock")
        #expect(
            StatePaths.journalDirectory(address: "127.0.0.1:8080", environment: set)
                == "/state/signalbox/127.0.0.1:8080")
        let empty = ["XDG_RUNTIME_DIR": "", "XDG_STATE_HOME": "", "HOME": "/home/ann"]
        #expect(StatePaths.runtimeDirectory(environment: empty) == "/tmp/signalbox-\(getuid())")
        #expect(
            StatePaths.journalDirectory(address: "a", environment: empty)
                == "/home/ann/.local/state/signalbox/a")
        #expect(
            StatePaths.journalDirectory(address: "a", environment: [:]) == "/tmp/.local/state/signalbox/a")
    }

    @Test func `files that nobody answers at are no running gateways`() throws {
        let base = NSTemporaryDirectory() + "/signalbox-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: base) }
        let environment = ["XDG_RUNTIME_DIR": base]
        #expect(StatePaths.runningSockets(environment: environment).isEmpty)
        try FileManager.default.createDirectory(
            atPath: base + "/signalbox", withIntermediateDirectories: true)
        _ = FileManager.default.createFile(atPath: base + "/signalbox/a.sock", contents: Data())
        #expect(StatePaths.runningSockets(environment: environment).isEmpty)
    }
}

struct CommandTests {
    static let all: [Command] =
        DeadlineAction.allCases.flatMap { action in
            [nil, 0.25, 3600].map {
                .drain(node: "a \"é", deadlineSeconds: $0, atDeadline: action, force: true)
            }
        } + StopMode.allCases.map { .stop(mode: $0) } + [
            .undrain(node: ""), .maintenance(node: "a", force: false), .setWeight(node: "a", weight: 0),
            .setLimit(node: "a", requests: 9), .setLimit(node: "a", requests: nil),
            .setQueueCapacity(requests: 0),
            .setPolicy(name: "random"), .setPolicy(name: "a", model: "m é", parameters: ["w": 0.25, "x": 3]),
            .setAutotune(isOn: true), .keep, .undo, .migrate(node: "a"), .cut(node: "a"),
            .cancelSession(id: "s \"é"), .cancelStream(id: 7), .pin(session: "s \"é", node: "a"),
            .unpin(session: "s"),
        ]

    @Test(arguments: all)
    func `a command, its request and its result come back from JSON as they were`(command: Command) throws {
        func again<T: Codable>(_ value: T) throws -> T {
            try JSONDecoder().decode(T.self, from: JSONEncoder().encode(value))
        }
        #expect(try again(command) == command)
        let request = CommandRequest(command: command, expectedVersion: .max, actor: "ann", reason: "why")
        #expect(try again(request) == request)
        let bare = CommandRequest(command: command, actor: "ann")
        #expect(try again(bare) == bare)
        let result = CommandResult(accepted: true, message: "done", inverse: command, configurationVersion: 7)
        #expect(try again(result) == result)
    }
}
