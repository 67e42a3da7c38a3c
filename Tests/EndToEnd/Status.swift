import Foundation
import TestSupport

/// One object of `--json`, as a script sees it.
struct Status {
    let object: [String: Any]

    init(_ text: String) throws {
        guard let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else {
            throw Program.Failure(description: "not one object: \(text.prefix(200))")
        }
        self.object = object
    }

    var policy: String? { object["policy"] as? String }
    var restored: String? { object["restored"] as? String }
    var processID: Int32? { (object["processId"] as? Int).map { Int32($0) } }
    var pins: [[String: Any]] { object["pins"] as? [[String: Any]] ?? [] }
    var trials: [[String: Any]] { object["trials"] as? [[String: Any]] ?? [] }
    var nodes: [[String: Any]] { object["nodes"] as? [[String: Any]] ?? [] }
    var requests: [String: Int] { (object["totals"] as? [String: Any])?["requests"] as? [String: Int] ?? [:] }

    func node(_ name: String) -> [String: Any] { nodes.first { $0["name"] as? String == name } ?? [:] }
    func state(_ name: String) -> String? { node(name)["state"] as? String }
    func weight(_ name: String) -> Int? { node(name)["weight"] as? Int }

    var names: [String] { nodes.compactMap { $0["name"] as? String } }

    func isEverybody(_ state: String) -> Bool {
        !nodes.isEmpty && nodes.allSatisfy { $0["state"] as? String == state }
    }
}

extension Signalbox {
    /// Waits until every node of the gateway serves.
    func waitForServing(_ admin: String? = nil) async throws -> Status {
        try await eventually("every node serving", within: 60) {
            let status = try await self.status(admin)
            return status.isEverybody("serving") ? status : nil
        }
    }
}
