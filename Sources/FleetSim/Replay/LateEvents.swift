import GatewayCore

/// An engine whose KV events reach the router late: the router sees its cache as it was a while ago.
struct LateEvents<Engine: VirtualEngine>: VirtualEngine {
    private(set) var engine: Engine
    /// Seconds.
    private let lag: Double
    /// A request just sent counts as present at once, before its events say so.
    private let countsOwnDispatches: Bool
    private var blocks: [UInt64: Times] = [:]

    /// When a block was last stored, removed, and sent by the router itself.
    private struct Times {
        var stored = -Double.infinity
        var removed = -Double.infinity
        var sent = -Double.infinity
    }

    /// For how long, besides the lag, a block that was sent is believed to be there without an event: its prefill
    /// may have to wait.
    private static var belief: Double { 10 }

    init(_ engine: Engine, lag: Double, countsOwnDispatches: Bool) {
        self.engine = engine
        self.lag = lag
        self.countsOwnDispatches = countsOwnDispatches
        if lag > 0 { self.engine.cacheChanges = [] }
    }

    mutating func submit(_ request: VirtualRequest, at instant: Double) {
        engine.submit(request, at: instant)
        guard lag > 0 else { return }
        for hash in request.chain { blocks[hash, default: Times()].sent = instant }
        book(at: instant)
    }

    var nextInstant: Double? { engine.nextInstant }

    mutating func advance(to instant: Double, into events: inout [VirtualEvent]) {
        engine.advance(to: instant, into: &events)
        if lag > 0 { book(at: instant) }
    }

    private mutating func book(at instant: Double) {
        for change in engine.cacheChanges ?? [] {
            switch change {
            case .stored(let hash): blocks[hash, default: Times()].stored = instant
            case .removed(let hash): blocks[hash, default: Times()].removed = instant
            }
        }
        engine.cacheChanges = []
    }

    func depth(of chain: [UInt64], at instant: Double) -> Int {
        guard lag > 0 else { return engine.depth(of: chain, at: instant) }
        for (depth, hash) in chain.enumerated() {
            guard let times = blocks[hash], isSeen(times, at: instant) else { return depth }
        }
        return chain.count
    }

    private func isSeen(_ times: Times, at instant: Double) -> Bool {
        let told = instant - lag
        if times.removed <= told {
            // The last removal is known, so what was stored or sent after it counts.
            if times.stored > times.removed, times.stored <= told { return true }
            let isBelieved = times.sent > times.removed && instant - times.sent <= lag + Self.belief
            return countsOwnDispatches && isBelieved
        }
        // Removed since, or removed and stored again: it was there before.
        return true
    }

    var reading: VirtualReading { engine.reading }
    var cacheChanges: [CacheChange]? {
        get { engine.cacheChanges }
        set { engine.cacheChanges = newValue }
    }
}
