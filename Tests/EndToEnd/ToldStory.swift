import Foundation
import TestSupport
import Testing

/// A scenario of the demo, told without a screen, and its report.
struct ToldStory {
    let status: Int32
    let report: Status
    /// In order: the scenes and what operators did.
    let rows: [[String: Any]]

    init(_ name: String, seconds: Int, nodes: Int = 3) async throws {
        let result = try await Signalbox().run(
            ["demo", "--scenario", name, "--for", "\(seconds)s", "--nodes", "\(nodes)", "--json"],
            within: 120)
        status = result.status
        report = try Status(result.output)
        rows = report.object["story"] as? [[String: Any]] ?? []
        #expect(report.object["scenario"] as? String == name)
        #expect(rows.count >= 3 && rows.allSatisfy { $0["title"] is String }, "\(result.errors)")
    }

    func number(_ key: String, _ row: Int) -> Double { rows[row][key] as? Double ?? .nan }
    var fleet: Status? {
        (report.object["status"] as? [String: Any]).flatMap { object in
            (try? JSONSerialization.data(withJSONObject: object)).flatMap {
                try? Status(String(decoding: $0, as: UTF8.self))
            }
        }
    }
    /// Requests that went to each node, the most first.
    var completed: [Int] {
        (fleet?.nodes ?? []).compactMap { $0["completed"] as? Int }.sorted(by: >)
    }
}
