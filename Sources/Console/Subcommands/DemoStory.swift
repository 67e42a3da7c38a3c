import FleetSim
import GatewayCore
import Synchronization

/// Tells a scenario on a demo's fleet: a thread plays its scenes, and notes what came of each and of the operator's actions.
final class DemoStory: Sendable {
    /// Who its own commands are from.
    static let actor = "story"
    private static let lookSeconds = 0.25

    private let scenario: Scenario
    private let engines: DemoEngines
    private let load: DemoLoad
    private let socket: String
    /// Seconds of the scenario in a second.
    private let pace: Double
    private let start = MonotonicClock.now()
    private let caption = Mutex<String?>(nil)
    private let told = Mutex(StoryReport())
    private let isOver = Atomic(false)
    private let hasEnded = Atomic(false)

    /// - seconds: in which to tell all of it; nil: as long as it lasts.
    init(_ scenario: Scenario, on fleet: DemoFleet, seconds: Double?) throws {
        guard let engines = fleet.engines else { throw CommandFailure("the demo's fleet is not started") }
        self.scenario = scenario
        self.engines = engines
        load = fleet.load
        socket = fleet.socket
        pace = seconds.map { scenario.seconds / $0 } ?? 1
        startThread(name: "story") { [self] in
            tell()
            hasEnded.store(true, ordering: .releasing)
        }
    }

    /// A caption that nobody has taken yet.
    func takeCaption() -> String? {
        caption.withLock { text in
            defer { text = nil }
            return text
        }
    }

    /// Ends it; what came of it all.
    func end() -> StoryReport {
        isOver.store(true, ordering: .releasing)
        let deadline = MonotonicClock.now() + 20_000_000_000
        while !hasEnded.load(ordering: .acquiring), MonotonicClock.now() < deadline {
            pause(milliseconds: 10)
        }
        return told.withLock { $0 }
    }

    private var elapsed: Double { Double(MonotonicClock.now() - start) / 1e9 }
    private var goesOn: Bool { !isOver.load(ordering: .acquiring) }

    private func tell() {
        var due = 0.0
        for scene in scenario.scenes {
            watch { elapsed >= due }
            guard goesOn else { break }
            caption.withLock { $0 = scene.caption }
            note(scene.title)
            if let sent = scene.load { load.send(sent.mix(nodes: engines.count)) }
            do { try perform(scene.deed) } catch { note("\(scene.title) failed: \(error)") }
            due += scene.seconds / pace
        }
        watch { false }
        look()
        let report = load.report
        let time = elapsed
        told.withLock { $0.end(at: time, latest, report) }
    }

    private var latest: Snapshot? {
        guard var client = try? AdminClient(path: socket) else { return nil }
        return try? client.snapshot()
    }

    /// Looks at what the operator does until something is so, or the story is over.
    private func watch(until isSo: () -> Bool) {
        while goesOn, !isSo() {
            look()
            pause(milliseconds: Int32(Self.lookSeconds * 1000))
        }
    }

    private func look() {
        guard let latest else { return }
        let report = load.report
        let time = elapsed
        told.withLock { $0.take(latest, report, at: time) }
    }

    private func note(_ title: String) {
        guard let latest else { return }
        let report = load.report
        let time = elapsed
        told.withLock { $0.note(title, latest, report, at: time) }
    }

    private func perform(_ deed: Scenario.Deed?) throws {
        switch deed {
        case nil: break
        case .kill(let node): engines.kill(node % engines.count)
        case .restart(let node): try engines.restart(node % engines.count)
        case .rollingUpdate:
            for node in 0..<engines.count where goesOn { try update(node) }
        }
    }

    /// An operator may undrain the node meanwhile: then it is left as it is.
    private func update(_ number: Int) throws {
        let name = DemoEngines.name(of: number)
        try submit(.drain(node: name, deadlineSeconds: nil, atDeadline: .keep, force: false))
        try submit(.migrate(node: name))
        let limit = elapsed + 20
        watch {
            self.latest?.node(named: name).map { $0.safeToDelete || !$0.isTakenOut } ?? false
                || elapsed > limit
        }
        guard latest?.node(named: name)?.safeToDelete == true else { return }
        try engines.restart(number)
        try submit(.undrain(node: name))
        watch { self.latest?.node(named: name)?.state == .serving || elapsed > limit }
    }

    private func submit(_ command: Command) throws {
        var client = try AdminClient(path: socket)
        _ = try client.perform(CommandRequest(command: command, actor: Self.actor))
    }
}
