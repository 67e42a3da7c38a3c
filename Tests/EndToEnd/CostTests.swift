import Foundation
import TestSupport
import Testing

/// Who spends, on the real binary: what a script reads and what an operator sees.
@Suite(.serialized)
struct CostTests {
    /// Sums of a field over rows of `status --json`.
    private func sum(_ rows: [[String: Any]], _ group: String, _ field: String) -> Int {
        rows.reduce(0) { $0 + (($1[group] as? [String: Int])?[field] ?? 0) }
    }

    @Test func `tenants and sessions of a load sum up to all, and the Cost view names who spends most`()
        async throws
    {
        let signalbox = try Signalbox()
        let engines = [
            try await Engine(signalbox, "--speed", "20"), try await Engine(signalbox, "--speed", "20"),
        ]
        let nodes = zip(["a", "b"], engines).map { name, engine in
            "{name: \"\(name)\", url: \"\(engine.url)\", dollarsPerHour: 36}"
        }.joined(separator: ", ")
        let file = signalbox.folder.file("gateway.json5")
        try "{nodes: [\(nodes)]}".write(toFile: file, atomically: true, encoding: .utf8)
        let gateway = try await Serving(signalbox, ["--config", file])
        let model = try await signalbox.waitForServing().firstModel
        let streams = try (0..<12).map { number in
            try Stream(
                gateway.url, model, tokens: 50, number: number,
                session: number < 8 ? "agent-\(number % 2)" : nil, tenant: number < 9 ? "acme" : "globex")
        }
        try await expectEventually("all streams ended", within: 60) { streams.allSatisfy(\.hasEnded) }
        let status = try await eventually("all of them in the sums") {
            let status = try await signalbox.status()
            return status.requests["completed"] == 12 ? status : nil
        }
        let spending = try #require(status.object["spending"] as? [String: Any])
        func rows(_ name: String) -> [[String: Any]] { spending[name] as? [[String: Any]] ?? [] }
        let sessions = status.object["sessions"] as? [[String: Any]] ?? []
        for group in [
            rows("tenants"), rows("models"), rows("nodes"), sessions + rows("sessionsNotListed"),
        ] {
            #expect(sum(group, "requests", "completed") == 12)
            #expect(sum(group, "tokens", "output") == 600)
            let dollars = group.reduce(0) { $0 + ($1["dollars"] as? Double ?? 0) }
            let all = (spending["all"] as? [String: Any])?["dollars"] as? Double ?? 0
            #expect(all > 0 && abs(dollars - all) < 1e-9)
        }
        let acme = rows("tenants").first { $0["name"] as? String == "acme" } ?? [:]
        #expect(sum([acme], "requests", "completed") == 9)
        #expect(sessions.map { sum([$0], "requests", "completed") } == [4, 4])
        #expect(sessions.allSatisfy { $0["tenant"] as? String == "acme" })

        let table = try await signalbox.run("status", "--csv", "sessions").output
        #expect(table.hasPrefix("schema,time,id,parent,tenant,model,"))
        #expect(["agent-0", "agent-1"].allSatisfy { table.contains(",\($0),,acme,\(model),") })

        let cost = try await signalbox.run("status", "--screen", "text", "--view", "cost").output
        #expect(cost.contains("acme") && cost.contains("globex") && cost.contains("TENANT"))
        let agents = try await signalbox.run("status", "--screen", "text", "--view", "sessions").output
        #expect(agents.contains("2 sessions, 0 with open streams"))
    }
}
