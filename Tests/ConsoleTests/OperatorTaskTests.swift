import Foundation
import GatewayCore
import Testing

@testable import Console

/// Ten tasks as a new operator has them, each with few keys and its answer on the screen.
struct OperatorTaskTests {
    private static let mostKeys = 6

    @Test(arguments: OperatorTask.all.indices)
    func `each task takes six keys at most, and its answer stands on the screen`(_ index: Int) {
        let task = OperatorTask.all[index]
        var screen = Screen(Size(80, 24), task.fleet, ownership: .started)
        screen.state.reach = (task.fleet.time - 3_600)...task.fleet.time
        var seen: [String] = []
        for key in task.keys {
            screen.press(key)
            seen.append(screen.text)
        }
        #expect(screen.submitted.map(\.command) == task.sends, "\(task.question)")
        if !task.sends.isEmpty {
            let version = task.fleet.gateway.configurationVersion + 1
            screen.take(
                .result(CommandResult(accepted: true, message: task.message, configurationVersion: version)))
            seen.append(screen.text)
        }
        if let later = task.later {
            screen.state.notice = nil
            screen.show(later)
            seen.append(screen.text)
        }
        let all = seen.joined(separator: "\n")
        for answer in task.answers { #expect(all.contains(answer), "\(task.question) \(all)") }
        #expect(task.keys.count <= Self.mostKeys)
    }

    @Test func `there are ten of them, and what can't be answered whole says what is missing`() {
        #expect(OperatorTask.all.count == 10)
        #expect(Set(OperatorTask.all.map(\.question)).count == 10)
    }

    /// UPDATE_GOLDEN=1 writes it anew.
    @Test func `the table in docs is made of the tasks`() throws {
        let page = Self.page
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/tasks.md")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            return try page.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == page)
    }

    private static var page: String {
        let rows = OperatorTask.all.map { task in
            let keys = task.keys.map { "`\($0.label)`" }.joined(separator: " ")
            let answer = task.answers.map { "\"\($0)\"" }.joined(separator: ", ")
            let missing = task.missing.map { "; missing: \($0)" } ?? ""
            return "| \(task.question) | \(keys) | \(answer)\(missing) |"
        }
        return """
            # Ten tasks

            What an operator wants to know or do, the keys to it from the start screen, and what the screen of 80x24 says then.
            `OperatorTaskTests` presses the keys, reads the answers and writes this table.

            | task | keys | the answer |
            |---|---|---|
            \(rows.joined(separator: "\n"))

            """
    }
}
