import GatewayCore
import Testing

/// A fleet: a and b serve m, c alone serves n, d is in the given state.
private func fleet(_ state: NodeState = .serving, edit: (inout Snapshot) -> Void = { _ in }) -> Snapshot {
    var snapshot = Snapshot()
    snapshot.gateway.policies = Policies.names
    for (name, model) in [("a", "m"), ("b", "m"), ("c", "n"), ("d", "m")] {
        var node = NodeStatus()
        node.name = name
        node.models = [model]
        node.state = name == "d" ? state : .serving
        snapshot.nodes.append(node)
    }
    edit(&snapshot)
    return snapshot
}

private func drain(_ node: String, deadline: Double? = nil, force: Bool = false) -> Command {
    .drain(node: node, deadlineSeconds: deadline, atDeadline: .keep, force: force)
}

struct GuardTests {
    private func isAllowed(_ command: Command, _ snapshot: Snapshot) -> Bool {
        Guard.check(command, on: snapshot) == .allowed
    }

    private func why(_ command: Command, _ snapshot: Snapshot) -> (reason: String, canForce: Bool)? {
        guard case .refused(let reason, let canForce) = Guard.check(command, on: snapshot) else { return nil }
        return (reason, canForce)
    }

    @Test(arguments: NodeState.allCases)
    func `each command in each state`(state: NodeState) {
        let snapshot = fleet(state)
        #expect(isAllowed(drain("d"), snapshot) == (state != .draining && state != .drained))
        #expect(isAllowed(.maintenance(node: "d", force: false), snapshot) == (state != .maintenance))
        #expect(
            isAllowed(.undrain(node: "d"), snapshot) == [.draining, .drained, .maintenance].contains(state))
        #expect(isAllowed(.setWeight(node: "d", weight: 0), snapshot))
        for mode in StopMode.allCases { #expect(isAllowed(.stop(mode: mode), snapshot)) }
        // What makes no sense cannot be forced.
        for command in [drain("d"), .maintenance(node: "d", force: false), .undrain(node: "d")] {
            guard let refusal = why(command, snapshot) else { continue }
            #expect(!refusal.canForce && refusal.reason.contains("d is"))
        }
        let isOut = [.draining, .drained, .maintenance].contains(state)
        #expect(isAllowed(.migrate(node: "d"), snapshot) == isOut)
        #expect(!isAllowed(.cut(node: "d"), snapshot))
        let busy = fleet(state) { $0.nodes[3].active = 2 }
        #expect(isAllowed(.cut(node: "d"), busy) == isOut)
        #expect(isAllowed(drain("d", deadline: 5), snapshot), "a drain may get another deadline")
        if state == .draining { #expect(!isAllowed(drain("d", force: true), snapshot)) }
    }

    @Test(arguments: CommandTests.all)
    func `a fleet that is read-only refuses every command`(command: Command) throws {
        let refusal = try #require(why(command, fleet { $0.gateway.isReadOnly = true }))
        #expect(!refusal.canForce && refusal.reason.contains("configuration says readOnly"))
    }

    @Test(arguments: [drain("c"), Command.maintenance(node: "c", force: false)])
    func `the last serving node of a model goes only by force`(command: Command) throws {
        let refusal = try #require(why(command, fleet()))
        #expect(refusal.canForce && refusal.reason.contains("c is the last") && refusal.reason.contains("n"))
        #expect(isAllowed(drain("c", force: true), fleet()))
        #expect(isAllowed(.maintenance(node: "c", force: true), fleet()))
        // One that does not serve is missed by nobody.
        #expect(isAllowed(command, fleet { $0.nodes[2].state = .unhealthy }))
    }

    @Test func `limits are of 1 to 100,000 requests or none, the queue's capacity of 0 to 65,536`() throws {
        for (command, isGood) in [
            (Command.setLimit(node: "a", requests: 1), true), (.setLimit(node: "a", requests: nil), true),
            (.setLimit(node: "a", requests: 100_000), true), (.setQueueCapacity(requests: 0), true),
            (.setQueueCapacity(requests: 65_536), true), (.setLimit(node: "a", requests: 0), false),
            (.setLimit(node: "a", requests: 100_001), false), (.setQueueCapacity(requests: -1), false),
            (.setQueueCapacity(requests: 65_537), false), (.setLimit(node: "x", requests: 1), false),
        ] { #expect(isAllowed(command, fleet()) == isGood, "\(command)") }
        #expect(
            try #require(why(.setLimit(node: "a", requests: 0), fleet())).reason.contains(
                "1 to 100000 requests"))
    }

    @Test func `weight 0 silences a node as a drain does, and is refused on the last one`() throws {
        let refusal = try #require(why(.setWeight(node: "c", weight: 0), fleet()))
        #expect(
            !refusal.canForce && refusal.reason.contains("c is the last")
                && refusal.reason.contains("drain it"))
        #expect(isAllowed(.setWeight(node: "c", weight: 1), fleet()))
        #expect(isAllowed(.setWeight(node: "c", weight: 0), fleet { $0.nodes[2].state = .unhealthy }))
    }

    @Test func `a model and a role keep their minimum, and the refusal has the numbers`() throws {
        func minimum(_ edit: @escaping (inout ServingMinimum) -> Void) -> Snapshot {
            fleet { edit(&$0.gateway.minimumServing) }
        }
        #expect(
            isAllowed(drain("a"), minimum { $0.each = 0 }) && isAllowed(drain("c"), minimum { $0.each = 0 }))
        #expect(isAllowed(drain("a"), minimum { $0.models = [.init(name: "m", count: 2)] }))
        let refusal = try #require(why(drain("a"), minimum { $0.models = [.init(name: "m", count: 3)] }))
        #expect(refusal.canForce && refusal.reason.contains("2 serving for m; the minimum is 3"))
        #expect(isAllowed(drain("a", force: true), minimum { $0.models = [.init(name: "m", count: 3)] }))

        func pools(_ roles: [NodeRole], decode: Int) -> Snapshot {
            fleet { snapshot in
                snapshot.nodes.remove(at: 2)
                for (index, role) in roles.enumerated() { snapshot.nodes[index].role = role }
                snapshot.gateway.minimumServing.roles = [.init(name: "decode", count: decode)]
            }
        }
        let last = try #require(why(drain("a"), pools([.decode, .prefill, .prefill], decode: 1)))
        #expect(last.canForce && last.reason.contains("decode of m"))
        #expect(isAllowed(drain("a"), pools([.decode, .decode, .prefill], decode: 1)))
        #expect(
            isAllowed(drain("a"), pools([.decode, .mixed, .prefill], decode: 1)), "mixed nodes decode too")
        let fewer = try #require(why(drain("a"), pools([.decode, .decode, .prefill], decode: 2)))
        #expect(fewer.reason.contains("1 serving for decode of m; the minimum is 2"))
        #expect(isAllowed(drain("b"), pools([.decode, .prefill, .prefill], decode: 1)))
    }

    @Test func `nodes that go together are counted together`() {
        #expect(Guard.shortage(without: ["a", "b"], in: fleet()) == nil)
        #expect(
            Guard.shortage(without: ["a", "b", "d"], in: fleet())?.contains("all 3 nodes that serve m")
                == true)
        #expect(Guard.shortage(without: [], in: fleet()) == nil)
    }

    @Test func `a session is cancelled by its id, and none is none`() {
        #expect(isAllowed(.cancelSession(id: "s"), fleet()))
        #expect(why(.cancelSession(id: ""), fleet())?.canForce == false)
        #expect(isAllowed(.cancelStream(id: 1), fleet()) && !isAllowed(.cancelStream(id: 0), fleet()))
    }

    @Test func `a session is pinned by its id to a node that takes its requests, and not there again`() {
        func reason(_ session: String, _ node: String, _ edit: @escaping (inout Snapshot) -> Void = { _ in })
            -> String?
        {
            why(.pin(session: session, node: node), fleet(edit: edit))?.reason
        }
        #expect(reason("s", "a") == nil && reason(String(repeating: "x", count: 64), "a") == nil)
        #expect(reason("", "a")?.contains("1 to 64 bytes") == true)
        #expect(reason(String(repeating: "x", count: 64) + "…", "a")?.contains("1 to 64 bytes") == true)
        for state in NodeState.allCases where state != .serving {
            #expect(
                reason("s", "a") { $0.nodes[0].state = state }?.contains("a is \(state.rawValue)") == true)
        }
        #expect(reason("s", "a") { $0.nodes[0].weight = 0 }?.contains("a has weight 0") == true)
        func asks(_ model: String) -> (inout Snapshot) -> Void {
            { snapshot in
                var row = SessionRow()
                (row.id, row.model) = ("s", model)
                snapshot.sessions = [row]
            }
        }
        #expect(reason("s", "c", asks("n")) == nil && reason("other", "c", asks("m")) == nil)
        #expect(reason("s", "c", asks("m")) == "c does not serve m, which s asks for")
        func pinned(_ count: Int) -> (inout Snapshot) -> Void {
            { $0.pins = (0..<count).map { SessionPin(session: "s\($0)", node: "a", actor: "ann", since: 0) } }
        }
        #expect(reason("s0", "a", pinned(1)) == "s0 is pinned to a already")
        #expect(reason("s0", "b", pinned(1)) == nil && reason("s", "a", pinned(255)) == nil)
        #expect(
            reason("s", "a", pinned(256))
                == "256 sessions are pinned already; unpin one first, the oldest is s0")
        #expect(reason("s7", "b", pinned(256)) == nil, "one that is pinned may move")
        #expect(isAllowed(.unpin(session: "s0"), fleet(edit: pinned(1))))
        let none = why(.unpin(session: "s"), fleet(edit: pinned(2)))?.reason
        #expect(none == "session s is not pinned; pinned are s0, s1")
    }

    @Test func `others that get no requests do not count`() {
        func others(_ edit: @escaping (inout NodeStatus) -> Void) -> Snapshot {
            fleet { snapshot in for index in [1, 3] { edit(&snapshot.nodes[index]) } }
        }
        #expect(isAllowed(drain("a"), fleet()))
        for state in NodeState.allCases where state != .serving {
            #expect(why(drain("a"), others { $0.state = state })?.canForce == true)
        }
        #expect(why(drain("a"), others { $0.weight = 0 })?.canForce == true)
        #expect(isAllowed(drain("a"), fleet { $0.nodes[1].weight = 0 }))
        #expect(isAllowed(drain("c"), fleet { $0.nodes[2].weight = 0 }))
    }

    @Test func `the last node of all goes only by force, though its models are not known`() {
        let alone = fleet { snapshot in
            snapshot.nodes.removeLast(3)
            snapshot.nodes[0].models = []
        }
        #expect(why(drain("a"), alone)?.canForce == true)
        #expect(isAllowed(drain("a", force: true), alone))
    }

    @Test(arguments: [
        drain("x"), drain("x", force: true), .undrain(node: "x"), .maintenance(node: "x", force: true),
        .setWeight(node: "x", weight: 1), .migrate(node: "x"), .cut(node: "x"),
        .pin(session: "s", node: "x"),
    ])
    func `an unknown node is named, with those that there are`(command: Command) throws {
        let refusal = try #require(why(command, fleet()))
        #expect(refusal.reason == "no node named x; there are a, b, c, d" && !refusal.canForce)
    }

    @Test func `values out of range are refused`() {
        for weight in [-1, 101, .max, .min] {
            #expect(why(.setWeight(node: "a", weight: weight), fleet())?.canForce == false)
        }
        for weight in [0, 1, 100] { #expect(isAllowed(.setWeight(node: "a", weight: weight), fleet())) }
        for deadline in [0, -1, -Double.infinity, .nan] {
            #expect(why(drain("a", deadline: deadline, force: true), fleet())?.canForce == false)
        }
        #expect(isAllowed(drain("a", deadline: 0.5), fleet()))
        for name in Policies.names { #expect(isAllowed(.setPolicy(name: name), fleet())) }
        #expect(why(.setPolicy(name: "roundrobin"), fleet())?.reason.contains("round-robin") == true)
    }

    @Test func `parameters and models of policies are checked, and the nearest name is told`() throws {
        func reason(_ model: String?, _ parameters: [String: Double]) -> String {
            why(.setPolicy(name: "foresight", model: model, parameters: parameters), fleet())?.reason ?? ""
        }
        let model = try #require(fleet().nodes.flatMap(\.models).first)
        #expect(reason(model, ["w": 3, "hold": 0]) == "" && reason(nil, ["w": 8]) == "")
        #expect(reason(nil, ["lamda": 1]).contains("no parameter lamda; did you mean lambda?"))
        for value in [0.4, 8.1, -.infinity, .nan] {
            #expect(reason(nil, ["w": value]).contains("give 0.5 to 8"), "\(value)")
        }
        #expect(reason(model + "x", [:]).contains("did you mean \(model)?"))
        let follow = why(.setPolicy(name: "default", model: model), fleet())
        #expect(follow?.reason.contains("no policy of its own") == true && follow?.canForce == false)
        #expect(why(.setPolicy(name: "default"), fleet())?.reason.contains("no policy named default") == true)
    }
}
