import FleetSim
import GatewayCore
import Synchronization

/// The load on a demo's gateway: a thread of this process.
final class DemoLoad: Sendable {
    private let stop = StopSignal()
    private let latest = Mutex(LoadReport())
    private let mix: Mutex<LoadMix>
    private let hasBegun = Atomic(false)
    private let hasEnded = Atomic(false)

    init(_ mix: LoadMix) { self.mix = Mutex(mix) }

    /// What it has seen so far.
    var report: LoadReport { latest.withLock { $0 } }

    /// What it sends from now on.
    func send(_ wanted: LoadMix) { mix.withLock { $0 = wanted } }

    /// - authority: of the gateway, "127.0.0.1:8080".
    func start(at target: SocketAddress, authority: String, seed: UInt64) {
        hasBegun.store(true, ordering: .releasing)
        startThread(name: "load") { [self] in
            var model: String?
            while model == nil, !stop.isRequested {
                if case .success(let name) = ServedModel.first(at: target, authority: authority) {
                    model = name
                }
                pause(milliseconds: 100)
            }
            if let model {
                var options = LoadClient.Options(address: target, authority: authority, model: model)
                options.loop = .closed(concurrency: mix.withLock { $0.concurrency })
                options.seed = seed
                options.rampSeconds = 6
                _ = LoadClient(options).run(
                    until: stop, mix: { self.mix.withLock { $0 } },
                    progress: { now in self.latest.withLock { $0 = now } })
            }
            hasEnded.store(true, ordering: .releasing)
        }
    }

    /// Cuts what is in flight.
    func end() {
        stop.request()
        let deadline = MonotonicClock.now() + 2_000_000_000
        while hasBegun.load(ordering: .acquiring), !hasEnded.load(ordering: .acquiring),
            MonotonicClock.now() < deadline
        {
            pause(milliseconds: 10)
        }
    }
}
