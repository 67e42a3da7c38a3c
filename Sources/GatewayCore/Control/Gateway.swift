import Foundation
import Synchronization

/// A gateway that runs: its loops, its control, its sockets.
package final class Gateway: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// As bound: the port of ":0" is known.
    package let address: SocketAddress
    package let adminSocket: String
    package let inbox: ControlInbox
    private let shared: ProxyShared
    private let finished: Finished

    private init(
        address: SocketAddress, adminSocket: String, inbox: ControlInbox, shared: ProxyShared,
        finished: Finished
    ) {
        self.address = address
        self.adminSocket = adminSocket
        self.inbox = inbox
        self.shared = shared
        self.finished = finished
    }

    /// Binds, restores the journal and starts the threads.
    /// - Parameters:
    ///   - environment: for the default paths.
    package static func start(
        _ configuration: GatewayConfiguration, environment: [String: String],
        version: String
    ) throws -> Gateway {
        let openFiles = Sockets.raiseOpenFileLimit()
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let loops = configuration.loops ?? min(16, max(1, cores))
        var listeners = try listen(configuration.listen, count: loops)
        guard let address = Sockets.localAddress(listeners[0]) else {
            throw Failure(description: "the listener has no address")
        }
        let socketPath =
            configuration.admin ?? StatePaths.adminSocket(address: "\(address)", environment: environment)
        let admin = try listenAdmin(socketPath)
        var identity = GatewayStatus()
        identity.address = "\(address)"
        identity.adminSocket = socketPath
        identity.version = version
        identity.isReadOnly = configuration.isReadOnly
        identity.configuredQueueCapacity = configuration.limits.queueCapacity
        identity.processID = Int(ProcessInfo.processInfo.processIdentifier)
        let loads = configuration.nodes.map { _ in NodeLoad() }
        var random = SystemRandomNumberGenerator()
        let shared = ProxyShared(
            fleet: Fleet(
                version: 0, nodes: [], queueCapacity: configuration.limits.queueCapacity,
                policies: configuration.policies),
            loops: loops, secret: random.next(),
            presence: KVPresence(nodes: configuration.eventNodes, key: random.next()),
            routing: configuration.routing, nodes: configuration.nodes.count,
            queueSeconds: configuration.limits.queueSeconds)
        let inbox = ControlInbox()
        let directory =
            configuration.journal
            ?? StatePaths.journalDirectory(address: "\(address)", environment: environment)
        let opened = try Journal.open(directory: directory)
        let finished = Finished()
        startControl(
            identity, configuration, shared, inbox, admin.release(), loads, opened, finished)
        let limits = configuration.limits
        for number in 0..<loops {
            let fd = listeners.removeFirst()
            let seed = random.next()
            startThread(name: "loop \(number)") {
                takeShortTurns()
                var loop = ProxyLoop(
                    number: number, listener: Descriptor(owning: fd), shared: shared, limits: limits,
                    openFileLimit: openFiles, seed: seed, now: MonotonicClock.now())
                loop.run()
            }
        }
        startResolver(configuration, inbox)
        startShadows(shared, finished)
        startReplays(shared, finished)
        return Gateway(
            address: address, adminSocket: socketPath, inbox: inbox, shared: shared, finished: finished)
    }

    private static func startControl(
        _ identity: GatewayStatus, _ configuration: GatewayConfiguration, _ shared: ProxyShared,
        _ inbox: ControlInbox,
        _ listener: Int32, _ loads: [NodeLoad], _ opened: Journal.Opened, _ finished: Finished
    ) {
        startThread(name: "control") {
            var control = ControlLoop(
                identity: identity, configuration: configuration, shared: shared, inbox: inbox,
                listener: Descriptor(owning: listener), loads: loads)
            control.journal = opened.journal
            control.restore(opened.entries, unreadable: opened.unreadable)
            control.run()
            finished.set()
        }
    }

    /// What nodes hold by their KV events; whoever reads them tells it there.
    package var presence: KVPresence { shared.presence }

    /// On a command, or after `inbox.stop`.
    package var hasStopped: Bool { finished.isSet }

    /// Whether a node, by its place in the configuration, is in maintenance: then nobody asks for its health.
    package func isInMaintenance(_ index: Int) -> Bool {
        let nodes = shared.fleet.value.nodes
        return nodes.indices.contains(index) && nodes[index].intent == .maintenance
    }

    /// Takes away what would mislead the next one.
    package func cleanUp() { try? FileManager.default.removeItem(atPath: adminSocket) }

    private static func listen(_ address: ListenAddress, count: Int) throws -> [Int32] {
        guard let first = SocketAddress.resolve(host: address.host, port: address.port).first else {
            throw Failure(description: "listen: \(address.host) does not resolve")
        }
        var bound = first
        var list: [Int32] = []
        do throws(Sockets.Failure) {
            // Alone first: with a shared port another gateway on the same address would not be noticed.
            bound = Sockets.localAddress(try Sockets.listen(on: first).raw) ?? first
            for _ in 0..<count {
                let fd = try Sockets.listen(on: bound, sharedPort: count > 1).release()
                list.append(fd)
            }
        } catch {
            throw Failure(
                description: "cannot listen on \(address): \(describe(errno: error.code));"
                    + " choose another with --listen HOST:PORT")
        }
        return list
    }

    private static func listenAdmin(_ path: String) throws -> Descriptor {
        let directory = (path as NSString).deletingLastPathComponent
        if !FileManager.default.fileExists(atPath: directory) {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        if FileManager.default.fileExists(atPath: path) {
            if StatePaths.answers(path) {
                throw Failure(
                    description:
                        "a gateway already answers at \(path); attach to it, or choose another --admin")
            }
            try FileManager.default.removeItem(atPath: path)
        }
        do throws(Sockets.Failure) {
            let listener = try Sockets.listen(on: .unix(path: path))
            try? FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            return listener
        } catch {
            throw Failure(description: "the admin socket \(path): \(describe(errno: error.code))")
        }
    }

    /// Twice a second, within their share of a core and with what the data plane leaves of it.
    private static func startShadows(_ shared: ProxyShared, _ finished: Finished) {
        startThread(name: "shadow") {
            yieldToOthers()
            var shadows = Shadows()
            var budget = ShadowBudget()
            while !finished.isSet {
                let now = MonotonicClock.now()
                let began = MonotonicClock.threadSeconds()
                let fleet = shared.fleet.value
                let capacities = shared.shadow.capacityTokens
                var notes = shared.shadow.take()
                shared.tuning.remember(notes)
                let surplus = notes.arrivals.count - (budget.isSpent ? 0 : ShadowBudget.turnLimit)
                if surplus > 0 {
                    shared.shadow.skipped(surplus)
                    notes.arrivals.removeLast(surplus)
                }
                shared.shadow.latest = shadows.turn(
                    notes,
                    site: { ShadowSite(fleet, model: $0, capacityTokens: capacities, now: now) },
                    now: Double(now) / 1e9, clock: MonotonicClock.threadSeconds)
                shared.forecasts.remember(notes, shadows, now: Double(now) / 1e9)
                budget.spent(MonotonicClock.threadSeconds() - began, now: Double(now) / 1e9)
                shared.shadow.isResting = budget.isSpent && !shared.tuning.isOpen
                pause(milliseconds: 500)
            }
        }
    }

    /// Answers what control asks, with what the data plane leaves of a core.
    private static func startReplays(_ shared: ProxyShared, _ finished: Finished) {
        startThread(name: "replays") {
            yieldToOthers()
            while !finished.isSet {
                pause(milliseconds: 200)
                foresee(shared)
                tune(shared)
            }
        }
    }

    private static func site(_ model: UInt64, _ fleet: Fleet, _ shared: ProxyShared) -> ShadowSite {
        ShadowSite(
            fleet, model: model, capacityTokens: shared.shadow.capacityTokens, now: MonotonicClock.now())
    }

    private static func foresee(_ shared: ProxyShared) {
        guard let (change, ground) = shared.forecasts.takeQuestion() else { return }
        let fleet = shared.fleet.value
        shared.forecasts.give(
            Forecast(
                of: change, names: fleet.nodes.map(\.name), from: ground,
                site: { site($0, fleet, shared) }, clock: MonotonicClock.threadSeconds))
    }

    private static func tune(_ shared: ProxyShared) {
        guard let (question, arrivals, decoding) = shared.tuning.takeQuestion() else { return }
        let began = MonotonicClock.threadSeconds()
        let finding = Tuner.look(
            at: arrivals, on: site(question.model, shared.fleet.value, shared), decoding: decoding,
            present: question.present, operators: question.operators, clock: MonotonicClock.threadSeconds)
        shared.tuning.give(
            TuningAnswer(
                question: question, finding: finding, seconds: MonotonicClock.threadSeconds() - began))
    }

    /// Names are resolved off the loops, at once and every 30 s.
    private static func startResolver(_ configuration: GatewayConfiguration, _ inbox: ControlInbox) {
        let hosts = Set(configuration.nodes.map(\.url.host)).filter {
            SocketAddress(numeric: $0, port: 0) == nil
        }
        guard !hosts.isEmpty else { return }
        startThread(name: "resolver") {
            while true {
                for host in hosts { inbox.resolved(host, SocketAddress.resolve(host: host, port: 0)) }
                pause(milliseconds: 30_000)
            }
        }
    }
}

/// A flag that one thread sets once.
private final class Finished: Sendable {
    private let flag = Atomic<Bool>(false)
    var isSet: Bool { flag.load(ordering: .acquiring) }
    func set() { flag.store(true, ordering: .releasing) }
}
