import Foundation
import GatewayCore
import TestSupport
import Testing

extension ProxyTests {
    /// Who pays for what goes through a gateway.
    @Suite(.serialized) struct WhoPays {
        private func rows(_ snapshot: Snapshot, _ kind: SpendingRow.Kind) -> [SpendingRow] {
            snapshot.spending.filter { $0.kind == kind }
        }

        private func row(_ snapshot: Snapshot, tenant: String?) -> SpendingRow? {
            rows(snapshot, .tenant).first { $0.name == tenant && $0.others == nil }
        }

        private func isSum(_ rows: [SpendingRow], of all: SpendingRow) -> Bool {
            let sum = rows.reduce(into: Spending()) { $0.add($1.ended) }
            return sum.requests == all.ended.requests && sum.outputTokens == all.ended.outputTokens
                && sum.promptTokens == all.ended.promptTokens
                && abs(sum.dollars - all.ended.dollars) < 1e-12
        }

        @Test func `tenants and sessions get their requests, tokens and dollars, and the sums are all`()
            throws
        {
            let engines = ["a", "b"].map { name in
                ScriptedEngine(name) { request, side in side.stream([name, "!", "?"], for: request) }
            }
            let running = try RunningGateway(
                nodes: engines.map { ($0.name, $0.port, ["tiny"]) }, loops: 2
            ) {
                for index in $0.nodes.indices { $0.nodes[index].dollarsPerHour = 3_600 }
            }
            func ask(_ count: Int, more: String = "", headers: String = "") throws {
                for _ in 0..<count {
                    #expect(try running.ask(chat(stream: true, more: more, headers: headers)).status == 200)
                }
            }
            let session = "\"session_id\":\"agent-1\","
            try ask(3, more: session, headers: "X-Signalbox-Tenant: acme\r\n")
            try ask(2, more: "\"user\":\"globex\",", headers: "X-Signalbox-Session: agent-2\r\n")
            try ask(1, headers: "Authorization: Bearer sk-secret\r\n")
            try ask(1)
            let settled = try eventually { try running.snapshot().totals.completed == 7 }
            #expect(settled)
            let named = try eventually { try row(running.snapshot(), tenant: "acme") != nil }
            #expect(named)

            let snapshot = try running.snapshot()
            let all = try #require(rows(snapshot, .all).first)
            #expect(all.ended.requests == 7 && all.ended.outputTokens == 21 && all.ended.promptTokens == 49)
            #expect((all.dollars ?? 0) > 0 && all.ended.pricedAttempts == 7)
            let acme = try #require(row(snapshot, tenant: "acme"))
            #expect(acme.ended.completed == 3 && acme.ended.outputTokens == 9 && acme.ended.waste.total == 0)
            #expect(row(snapshot, tenant: "globex")?.ended.completed == 2)
            #expect(row(snapshot, tenant: nil)?.ended.completed == 1)
            let key = rows(snapshot, .tenant).first { $0.name?.hasPrefix("key ") == true }
            #expect(key?.ended.completed == 1 && key?.name?.contains("secret") == false)
            for kind in [SpendingRow.Kind.tenant, .model, .node] {
                #expect(isSum(rows(snapshot, kind), of: all), "\(kind)")
            }
            #expect(isSum(rows(snapshot, .session) + snapshot.sessions.map(\.spending), of: all))
            let agents = Dictionary(uniqueKeysWithValues: snapshot.sessions.map { ($0.id, $0) })
            #expect(agents.keys.sorted() == ["agent-1", "agent-2"])
            let first = try #require(agents["agent-1"])
            #expect(first.tenant == "acme" && first.model == "tiny" && first.spending.ended.completed == 3)
            // Round robin: it was on both, and either can take it from the other.
            #expect(Set(first.visits.map(\.node)) == ["a", "b"] && first.visits[0].tokens == 10)
            #expect(first.move?.node == first.visits[1].node && first.move?.tokens == 10)
            // The page is made once a second.
            let isToldOnPage = try eventually {
                let page = try running.ask("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").body
                return page.contains("signalbox_tenant_tokens_total{tenant=\"acme\",kind=\"output\"} 9.0\n")
                    && page.contains("signalbox_tenant_dollars_total{tenant=\"acme\"} 0.")
            }
            #expect(isToldOnPage)
        }

        @Test func `a session tells whose child it is, while the ledger knows that one`() throws {
            let running = try RunningGateway(ScriptedEngine())
            func ask(_ session: String, parent: String? = nil) throws {
                let child = parent.map { "X-Parent-Session-Id: \($0)\r\n" } ?? ""
                let headers = "X-Session-Id: \(session)\r\n\(child)"
                #expect(try running.ask(chat(headers: headers)).status == 200)
            }
            try ask("root")
            try ask("child", parent: "root")
            try ask("grandchild", parent: "child")
            try ask("child")
            try ask("orphan", parent: "nobody")
            try ask("itself", parent: "itself")
            func parents() throws -> [String: String?] {
                Dictionary(uniqueKeysWithValues: try running.snapshot().sessions.map { ($0.id, $0.parent) })
            }
            let expected = [
                "root": nil, "child": "root", "grandchild": "child", "orphan": nil, "itself": nil,
            ]
            let isTold = try eventually { try parents() == expected }
            #expect(isTold)
        }

        @Test func `an open stream counts for its tenant, and as waste when it is given up`() throws {
            let engine = ScriptedEngine { request, side in
                side.begin()
                side.event(EngineSide.token("a"))
                _ = side.isLeft()
            }
            let running = try RunningGateway(engine) { $0.nodes[0].dollarsPerHour = 36_000 }
            let client = try running.client()
            client.send(chat(stream: true, headers: "X-Signalbox-Tenant: acme\r\n"))
            func acme() throws -> SpendingRow? { try row(running.snapshot(), tenant: "acme") }
            let live = try eventually { try (acme()?.liveDollars ?? 0) > 0.5 }
            #expect(live)
            let before = try #require(try acme())
            #expect(before.liveStreams == 1 && before.ended.requests == 0 && before.dollarsPerHour > 0)
            client.close()
            let ended = try eventually { try acme()?.ended.cancelled == 1 }
            #expect(ended)
            let after = try eventually { try acme()?.liveStreams == 0 }
            #expect(after)
            let spent = try #require(try acme()).ended
            #expect(spent.waste.cancelled == spent.dollars && spent.dollars >= before.liveDollars)
        }

        @Test func `a request whose body is still to come is on nobody's account`() throws {
            let running = try RunningGateway(ScriptedEngine())
            let client = try running.client()
            client.send(chat(headers: "X-Signalbox-Tenant: acme\r\n").replacing("}]}", with: ""))
            let isListed = try eventually { try running.snapshot().streams.first?.tenant == "acme" }
            #expect(isListed)
            #expect(try rows(running.snapshot(), .tenant).isEmpty)
            client.send("}]}")
            let isBooked = try eventually {
                try row(running.snapshot(), tenant: "acme")?.ended.completed == 1
            }
            #expect(isBooked)
            #expect(try rows(running.snapshot(), .tenant).count == 1)
        }

        @Test func `a node without a price costs nothing that is known`() throws {
            let running = try RunningGateway(ScriptedEngine())
            #expect(try running.ask(chat(headers: "X-Signalbox-Tenant: acme\r\n")).status == 200)
            let settled = try eventually { try row(running.snapshot(), tenant: "acme")?.ended.completed == 1 }
            #expect(settled)
            let acme = try #require(try row(running.snapshot(), tenant: "acme"))
            #expect(acme.dollars == nil && acme.isPartlyUnpriced)
        }
    }
}
