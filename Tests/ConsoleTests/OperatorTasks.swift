import GatewayCore

@testable import Console

/// What an operator wants, the keys to it from the start screen, and what the screen says then.
struct OperatorTask: Sendable {
    let question: String
    /// Parts of the answer, read off the screen of 80x24.
    let answers: [String]
    let keys: [Key]
    /// The fleet that the console is opened on.
    var fleet = SampleFleet.snapshot(nodes: 8, second: 60)
    /// What the keys send.
    var sends: [Command] = []
    /// What the gateway answers to that, and the fleet as it is then.
    var message = "done"
    var later: Snapshot?
    /// What is not there yet to answer it whole.
    var missing: String?

    private static func key(_ character: Character) -> Key { .character(character) }

    /// Ten tasks of one morning.
    static let all = [
        OperatorTask(
            question: "Which GPU is the hottest?", answers: ["hottest engine-5 GPU 0 67 C"], keys: [key("9")]),
        OperatorTask(
            question: "Why is the TTFT up?",
            answers: [
                "the odd one is engine-4", "queue 22, its peers", "first token p50 1310 ms, its peers",
            ],
            keys: [key("7")], fleet: slow),
        OperatorTask(
            question: "Drain that node.", answers: ["engine-4 draining", "19 streams left"],
            keys: [key("7"), key("d"), key("y")], fleet: slow, sends: [drain],
            later: changed { node in
                node.state = .draining
                node.drain = DrainStatus(
                    elapsedSeconds: 2, remaining: 19, oldestAgeSeconds: 31, secondsToDeadline: nil,
                    atDeadline: .keep)
                node.active = 19
            }),
        OperatorTask(
            question: "Is it safe to delete?", answers: ["drained by an operator; safe to delete"],
            keys: [key("7")], fleet: drained),
        OperatorTask(
            question: "Put it back slowly.", answers: ["begins slowly: weight 10 of 100, all in 27s"],
            keys: [key("7"), .down, key("d"), key("y")], fleet: drained, sends: [.undrain(node: "engine-4")],
            later: changed { node in
                node.slowWeight = 10
                node.slowSecondsLeft = 27
            }),
        OperatorTask(
            question: "Try another policy and judge it.",
            answers: [
                "Foreseen +250 ms, hits −7", "Tried for 5m00s", "then policy foresight",
                "it was not worth it",
            ],
            keys: [key("o"), .up, key("t"), key("y"), key("5")],
            sends: [.setPolicy(name: "session-affinity")], later: judged),
        OperatorTask(
            question: "Who spends the most?",
            answers: ["acme spends 61%: $25.13/h, 4% of it wasted", "agent-0 spends 11%: $4.53/h"],
            keys: [key("0"), key("b"), key("b"), key("b")]),
        OperatorTask(
            question: "Stop a runaway agent.",
            answers: [
                "runaway-agent spends most: $31.00/h", "All its requests end",
                "session runaway-agent: 4 requests ended",
            ],
            keys: [key("S"), key("c"), key("y")], fleet: runaway,
            sends: [.cancelSession(id: "runaway-agent")], message: "session runaway-agent: 4 requests ended"),
        OperatorTask(
            question: "What happened ten minutes ago?",
            answers: ["engine-2 unhealthy: connection", "PAST 13:54:06"],
            keys: [key("5"), .down, .down, .enter], fleet: tenMinutes, later: past),
        OperatorTask(
            question: "Leave, and drop no stream.",
            answers: ["carries 170 streams", "keep serving: only the console goes"],
            keys: [key("q"), key("k")]),
    ]

    // MARK: the fleets

    private static let drain = Command.drain(
        node: "engine-4", deadlineSeconds: nil, atDeadline: .keep, force: false)

    /// With engine-4 as somebody left it, a second later.
    private static func changed(_ change: (inout NodeStatus) -> Void) -> Snapshot {
        var snapshot = SampleFleet.snapshot(nodes: 8, second: 61)
        change(&snapshot.nodes[3])
        return snapshot
    }

    private static let slow = changed { node in
        node.ttft = LatencySummary(p50: 1.31, p99: 2.6, count: 400)
        node.waiting = 22
        node.prefillQueue = 22
    }

    private static let drained = changed { node in
        node.state = .drained
        node.active = 0
        node.safeToDelete = true
    }

    private static var judged: Snapshot {
        var snapshot = SampleFleet.snapshot(nodes: 8, second: 121)
        snapshot.trials = [
            TrialStatus(
                what: "policy", tried: "session-affinity", before: "foresight", actor: "ann",
                until: snapshot.time + 239)
        ]
        var event = EventRecord()
        event.sequence = 99
        event.time = snapshot.time - 1
        event.text =
            "it was not worth it, foresight → session-affinity a minute ago: foreseen 650 ms → 900 ms mean TTFT"
        snapshot.events.insert(event, at: 0)
        return snapshot
    }

    private static var runaway: Snapshot {
        var snapshot = SampleFleet.snapshot(nodes: 8, second: 60)
        for index in 0..<4 {
            snapshot.streams[index].session = "runaway-agent"
            snapshot.streams[index].ageSeconds = 90
        }
        snapshot.sessions[0].id = "runaway-agent"
        snapshot.sessions[0].spending.name = "runaway-agent"
        snapshot.sessions[0].spending.dollarsPerHour = 31
        return snapshot
    }

    private static var tenMinutes: Snapshot {
        var snapshot = SampleFleet.snapshot(nodes: 8, second: 60)
        let failure = snapshot.events.firstIndex { $0.severity == .warning } ?? 0
        snapshot.events[failure].time = SampleFleet.start - 554
        snapshot.events.removeAll { $0.node != "engine-2" }
        return snapshot
    }

    private static var past: Snapshot {
        var snapshot = SampleFleet.snapshot(nodes: 8)
        snapshot.time = SampleFleet.start - 554
        snapshot.nodes[1].state = .unhealthy
        return snapshot
    }
}
