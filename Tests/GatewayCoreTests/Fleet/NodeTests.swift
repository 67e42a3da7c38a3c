import Testing

@testable import GatewayCore

struct NodeStateTests {
    @Test(arguments: NodeHealth.allCases, BreakerPhase.allCases)
    func `one word for intent, health, breaker and work`(health: NodeHealth, breaker: BreakerPhase) {
        let serve: NodeState =
            switch health {
            case .starting: .starting
            case .healthy: breaker == .closed ? .serving : .ejected
            case .unhealthy: .unhealthy
            }
        for live in [0, 1, 7] {
            func state(_ intent: NodeIntent) -> NodeState {
                NodeState(intent: intent, health: health, breaker: breaker, live: live)
            }
            #expect(state(.serve) == serve)
            #expect(state(.drain) == (live > 0 ? .draining : .drained))
            #expect(state(.maintenance) == .maintenance)
        }
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

    @Test func `an ejected node says why, and takes requests again only on probation`() throws {
        var record = try record()
        record.take(probe(.ready, at: 0))
        var evidence = Breaker.Evidence()
        evidence.consecutiveFailures = 3
        _ = record.breaker.step(evidence, EjectionRules(), mayBeOut: { true }, now: 1)
        #expect(record.state == .ejected && !record.node.takesRequests)
        #expect(record.problem?.contains("3 requests in a row failed") == true)
        _ = record.breaker.step(evidence, EjectionRules(), mayBeOut: { true }, now: 11)
        #expect(record.state == .ejected && record.node.takesRequests && record.node.breaker == .halfOpen)
        #expect(record.problem?.contains("one request at a time") == true)
    }

    @Test func `a node that comes back begins slowly, one that is new does not`() throws {
        var record = try record()
        record.take(probe(.ready, at: 10))
        #expect(record.node.effectiveWeight(10_000_000_001) == 100)
        for instant in [11.0, 12] { record.take(probe(.failed("refused"), at: instant)) }
        record.take(probe(.ready, at: 20))
        #expect(record.node.effectiveWeight(20_000_000_001) == 10)
        #expect(record.node.effectiveWeight(35_000_000_000) == 50)
        #expect(record.node.effectiveWeight(50_000_000_000) == 100)
        record.apply(.undrain(node: "a"), at: 0, now: 60_000_000_000)
        #expect(record.node.effectiveWeight(61_000_000_000) == 10)
    }

    @Test func `after maintenance nobody takes a node for well before it says so`() throws {
        var record = try record()
        record.take(probe(.ready, at: 0))
        record.apply(.maintenance(node: "a", force: false), at: 0, now: 1)
        #expect(record.state == .maintenance)
        record.apply(.undrain(node: "a"), at: 0, now: 2)
        #expect(record.state == .starting && !record.node.takesRequests)
        record.take(probe(.ready, at: 3))
        #expect(record.state == .serving)
        // A drained one was probed all the time.
        let drain = Command.drain(node: "a", deadlineSeconds: nil, atDeadline: .keep, force: false)
        record.apply(drain, at: 0, now: 4)
        record.apply(.undrain(node: "a"), at: 0, now: 5)
        #expect(record.state == .serving)
    }

    @Test func `draining again with a deadline counts it from now and goes on as one drain`() throws {
        var record = try record()
        func drain(_ deadline: Double?, _ action: DeadlineAction) -> Command {
            .drain(node: "a", deadlineSeconds: deadline, atDeadline: action, force: false)
        }
        record.apply(drain(nil, .keep), at: 100, now: 1)
        record.apply(drain(60, .cut), at: 140, now: 2)
        #expect(record.drain?.began == 100 && record.drain?.deadlineSeconds == 100)
        #expect(record.drain?.atDeadline == .cut)
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
        var handle: LoadHandle? = record.load.began(uncachedTokens: 10)
        record.intent = .drain
        #expect(
            record.state == .draining && !record.node.takesRequests && record.load.pendingPrefillTokens == 10)
        handle?.prefilled(now: 0)
        #expect(record.state == .draining && record.load.prefilling == 0)
        handle = nil
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
        return Fleet(version: version, nodes: nodes, queueCapacity: 8, policies: PolicySettings())
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
