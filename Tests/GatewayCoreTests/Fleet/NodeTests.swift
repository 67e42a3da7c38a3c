import Testing

@testable import GatewayCore

struct NodeStateTests {
    @Test(arguments: NodeHealth.allCases, [0, 1, 7])
    func `one word for intent, health and work`(health: NodeHealth, active: Int) {
        let serve: NodeState =
            switch health {
            case .starting: .starting
            case .healthy: .serving
            case .unhealthy: .unhealthy
            }
        #expect(NodeState(intent: .serve, health: health, active: active) == serve)
        #expect(
            NodeState(intent: .drain, health: health, active: active) == (active > 0 ? .draining : .drained))
        #expect(NodeState(intent: .maintenance, health: health, active: active) == .maintenance)
    }
}

struct NodeRecordTests {
    private func record() throws -> NodeRecord {
        let url = try EngineURL(parsing: "http://127.0.0.1:8000")
        return NodeRecord(index: 0, configuration: NodeConfiguration(name: "a", url: url), load: NodeLoad())
    }

    private func probe(_ result: ProbeResult, at instant: Double) -> NodeReading {
        NodeReading(node: "a", instant: instant, probe: result)
    }

    @Test func `two failed probes in a row make a node unhealthy, one ready probe heals it`() throws {
        var record = try record()
        #expect(record.state == .starting && !record.node.takesRequests)
        record.take(probe(.failed("refused"), at: 0))
        record.take(probe(.failed("refused"), at: 1))
        #expect(record.state == .starting && record.problem == "refused")
        record.take(probe(.ready, at: 2))
        #expect(record.state == .serving && record.node.takesRequests && record.problem == nil)
        record.take(probe(.failed("timed out"), at: 3))
        record.take(probe(.ready, at: 4))
        record.take(probe(.notReady("asleep"), at: 5))
        #expect(record.state == .serving)
        record.take(NodeReading(node: "a", instant: 5.5))
        record.take(probe(.failed("timed out"), at: 6))
        #expect(record.state == .unhealthy && record.problem == "timed out")
        record.take(probe(.ready, at: 7))
        #expect(record.state == .serving)
    }

    @Test func `three failures of traffic make it unhealthy until a ready probe 5 seconds later`() throws {
        var record = try record()
        record.take(probe(.ready, at: 0))
        for _ in 0..<2 { record.load.failedBeforeFirstByte() }
        record.watchTraffic(now: 1)
        #expect(record.state == .serving)
        record.load.failedBeforeFirstByte()
        record.watchTraffic(now: 2)
        #expect(record.state == .unhealthy && record.problem?.contains("3 requests in a row failed") == true)
        record.take(probe(.ready, at: 6.9))
        record.watchTraffic(now: 6.9)
        #expect(record.state == .unhealthy)
        record.take(probe(.ready, at: 7))
        record.watchTraffic(now: 7)
        #expect(record.state == .serving && record.load.consecutiveFailures == 0 && record.problem == nil)
    }

    @Test func `a failed scrape keeps the last good reading and says why`() throws {
        var record = try record()
        var engine = EngineReading()
        engine.kind = .vllm
        engine.models = ["m"]
        engine.version = "0.32.0"
        engine.running = 3
        record.take(NodeReading(node: "a", instant: 1, probe: .ready, engine: .success(engine)))
        record.take(NodeReading(node: "a", instant: 2, engine: .failure(CollectionFailure("line 7"))))
        #expect(record.reading?.running == 3 && record.readingAt == 1 && record.problem == "line 7")
        // A later scrape that does not tell the models does not take them away.
        record.take(NodeReading(node: "a", instant: 3, engine: .success(EngineReading())))
        #expect(record.models == ["m"] && record.reading?.version == "0.32.0" && record.problem == nil)
    }

    @Test func `a draining node is drained when its last request ends`() throws {
        var record = try record()
        record.take(probe(.ready, at: 0))
        record.load.began(uncachedTokens: 10)
        record.intent = .drain
        #expect(
            record.state == .draining && !record.node.takesRequests && record.load.pendingPrefillTokens == 10)
        record.load.prefilled(uncachedTokens: 10)
        record.load.ended()
        #expect(
            record.state == .drained && record.load.pendingPrefillTokens == 0 && record.load.prefilling == 0)
    }
}

struct FleetTests {
    private func fleet(_ models: [[String]], version: Int = 1) throws -> Fleet {
        let nodes = try models.enumerated().map { index, names in
            var node = Node(
                index: index, name: "n\(index)", url: try EngineURL(parsing: "http://10.0.0.\(index + 1)"))
            node.models = names
            return node
        }
        return Fleet(version: version, nodes: nodes, policy: GatewayConfiguration(nodes: []).policy)
    }

    @Test func `models know their nodes and are found by the hash of their name`() throws {
        let fleet = try fleet([["a", "b"], ["b"], [], ["b", "a"], ["c"]])
        #expect(fleet.models.map(\.name) == ["a", "b", "c"])
        #expect(fleet.models.map(\.nodes) == [[0, 3], [0, 1, 3], [4]])
        #expect(fleet.unspecific == [2])
        for (place, model) in fleet.models.enumerated() {
            #expect(fleet.model(hash: PromptHash.of(text: model.name)) == place)
        }
        #expect(fleet.model(hash: PromptHash.of(text: "d")) == nil)
    }

    @Test func `a new fleet is taken once, by its version`() throws {
        var mine = try fleet([["a"]])
        let current = CurrentFleet(mine)
        #expect(!current.refresh(&mine))
        current.publish(try fleet([["a"], ["b"]], version: 2))
        #expect(current.refresh(&mine) && mine.nodes.count == 2 && current.value.version == 2)
        #expect(!current.refresh(&mine))
    }
}
