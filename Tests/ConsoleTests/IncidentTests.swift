import GatewayCore
import Testing

@testable import Console

/// What counts as abnormal, in which order, and who stands out.
struct IncidentTests {
    private func names(_ snapshot: Snapshot) -> [String] {
        Incidents(snapshot, snapshot.nodes).rows.map(\.node.name)
    }

    /// A fleet in which nothing is abnormal.
    private static var calm: Snapshot {
        var snapshot = SampleFleet.snapshot(nodes: 8, second: 60)
        for index in snapshot.nodes.indices {
            snapshot.nodes[index].actualCachedTokens = snapshot.nodes[index].predictedCachedTokens
            snapshot.nodes[index].tpot?.p99 = 0.05
        }
        return snapshot
    }

    @Test func `only abnormal nodes are shown, the worst first, with the reason in words`() {
        let snapshot = SampleFleet.troubled(second: 60)
        let rows = Incidents(snapshot, snapshot.nodes).rows
        #expect(
            rows.prefix(4).map(\.node.name) == ["engine-5", "engine-6", "engine-2", "engine-7"])
        #expect(!rows.contains { $0.node.name == "engine-1" })
        var screen = Screen(Size(200, 50), snapshot)
        screen.type("7")
        let text = screen.text
        for words in [
            "5 of 8 nodes abnormal, the worst is engine-5", "connection refused; is the engine running?",
            "its last reading is 9.0s old", "draining for 12s: 5 streams left, oldest 31s",
            "KV cache 93 % in use",
        ] {
            #expect(text.contains(words), "\(words)")
        }
    }

    @Test func `a reason does not say the node's name again`() {
        var node = Self.calm.nodes[0]
        node.state = .unhealthy
        node.problem = "engine-1: no whole answer within 2 s"
        #expect(Finding.unhealthy.words(node) == "unhealthy: no whole answer within 2 s")
    }

    @Test func `the verdict's findings are all in the incident view`() {
        for snapshot in [SampleFleet.troubled(second: 60), SampleFleet.ailing(second: 60)] {
            let shown = Set(names(snapshot))
            for node in snapshot.nodes where Finding.all(of: node).contains(where: { $0.headline != nil }) {
                #expect(shown.contains(node.name))
            }
        }
    }

    @Test func `a node far from its peers is named with its value and theirs`() throws {
        var snapshot = Self.calm
        snapshot.nodes[5].ttft = LatencySummary(p50: 1.3, p99: 1.9, count: 400)
        let odd = try #require(Peers(snapshot.nodes).oddities.first)
        #expect(odd.node == "engine-6")
        #expect(odd.words.hasPrefix("first token p50 1300 ms, its peers "))
        var screen = Screen(Size(120, 40), snapshot)
        screen.type("7")
        #expect(screen.text.contains("the odd one is engine-6: first token p50 1300 ms"))
        #expect(names(snapshot) == ["engine-6"])
    }

    @Test func `a low hit rate stands out and a high one does not`() {
        var snapshot = Self.calm
        for index in snapshot.nodes.indices { snapshot.nodes[index].prefixHitRate = 0.6 }
        snapshot.nodes[2].prefixHitRate = 0.1
        snapshot.nodes[3].prefixHitRate = 0.99
        #expect(Peers(snapshot.nodes).oddities.map(\.node) == ["engine-3"])
    }

    @Test func `nodes of another model or pool, stale ones and those that serve not are no peers`() {
        var snapshot = Self.calm
        snapshot.nodes[5].ttft = LatencySummary(p50: 1.3, p99: 1.9, count: 400)
        snapshot.nodes[5].models = ["another"]
        #expect(Peers(snapshot.nodes).oddities.isEmpty)
        snapshot.nodes[5].models = snapshot.nodes[4].models
        snapshot.nodes[5].role = .prefill
        #expect(Peers(snapshot.nodes).oddities.isEmpty)
        snapshot.nodes[5].role = .mixed
        snapshot.nodes[5].isStale = true
        #expect(Peers(snapshot.nodes).oddities.isEmpty)
    }

    @Test func `a latency of few requests makes nobody odd, nor do three nodes have a usual value`() {
        var snapshot = Self.calm
        snapshot.nodes[5].ttft = LatencySummary(p50: 1.3, p99: 1.9, count: 5)
        #expect(Peers(snapshot.nodes).oddities.isEmpty)
        snapshot.nodes[5].ttft?.count = 400
        #expect(Peers(Array(snapshot.nodes.suffix(3))).oddities.isEmpty)
    }

    @Test(arguments: [Size(80, 24), Size(200, 50)])
    func `nothing abnormal is said, with what was checked`(_ size: Size) {
        var screen = Screen(size, Self.calm)
        screen.type("7")
        #expect(screen.text.contains("Nothing is abnormal: 8 nodes checked"))
        for words in ["8 of 8 nodes serving", "KV in use", "TTFT p99", "none stands out", "Xid errors"] {
            #expect(screen.text.contains(words), "\(words)")
        }
    }

    @Test func `what nobody tells is -- among the checks`() {
        var snapshot = Snapshot()
        snapshot.nodes = [SampleFleet.unknown(SampleFleet.snapshot(nodes: 1).nodes[0])]
        let facts = Checks(snapshot: snapshot, peers: Peers(snapshot.nodes)).group.facts
        for name in ["KV in use", "TTFT p99", "HBM in use", "Xid errors", "cached tokens"] {
            #expect(facts.first { $0.name == name }?.value == NumberText.unknown, "\(name)")
        }
    }

    /// The view of a fleet that is well while twelve requests wait in the gateway.
    private static func waiting(oldestSeconds: Double) -> Screen {
        var snapshot = calm
        snapshot.gateway.queued = 12
        var queue = QueueStatus()
        (queue.model, queue.normal, queue.oldestSeconds) = ("llama-3.3-70b-instruct", 12, oldestSeconds)
        snapshot.queues = [queue]
        var screen = Screen(Size(80, 24), snapshot)
        screen.type("7")
        return screen
    }

    @Test func `requests that wait in the gateway are told though every node is well`() {
        let screen = Self.waiting(oldestSeconds: 3)
        #expect(screen.text.contains("12 requests wait for a node, oldest 3.0s"))
        #expect(!screen.text.contains("Nothing is abnormal"))
    }

    @Test func `requests that are held for a moment are no incident`() {
        let screen = Self.waiting(oldestSeconds: 0.3)
        #expect(screen.text.contains("Nothing is abnormal"))
        #expect(screen.text.contains(" OK "))
    }

    @Test func `going there selects the worst, and a verb is about the row that is selected`() {
        var screen = Screen(Size(80, 24), SampleFleet.troubled(second: 60))
        screen.type("7")
        #expect(screen.state.selectedNode == "engine-5")
        screen.press(.down, .down)
        #expect(screen.state.selectedNode == "engine-2")
        screen.press(.character("w"))
        #expect(screen.state.dialog?.targets == ["engine-2"])
        screen.press(.escape, .enter)
        #expect(screen.state.view == .node && screen.state.selectedNode == "engine-2")
    }

    @Test func `a verb does nothing to a node that the view does not list`() {
        var screen = Screen(Size(80, 24), SampleFleet.troubled(second: 60))
        screen.type("7")
        screen.state.selectedNode = "engine-1"
        screen.press(.character("d"))
        #expect(screen.state.dialog == nil)
        #expect(screen.text.contains("select a node first"))
    }
}
