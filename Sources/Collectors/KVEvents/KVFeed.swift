import GatewayCore

/// Where a node's KV events are published and told again.
package struct KVFeedTarget: Sendable, Equatable {
    /// The node's name in the fleet.
    package var name: String
    /// Its place there.
    package var node: Int
    package var source: KVEventSource

    package init(name: String, node: Int, source: KVEventSource) {
        self.name = name
        self.node = node
        self.source = source
    }
}

/// Follows one node's KV events on the scraper's loop: connects, subscribes, keeps the batches in order, asks for what is
/// missing, and tells `KVPresence`. It comes back by itself, a little later each time.
final class KVFeed {
    struct Patience: Sendable {
        /// Until a connection is made and greeted.
        var connectSeconds = 5.0
        /// First pause before it connects again; each further one is twice as long, up to `longestPause`.
        var pause = 0.25
        var longestPause = 15.0
        /// Silence until the publisher is asked whether it is still there; as long again, and it is not.
        var silenceSeconds = 15.0
        /// Silence in the middle of a replay.
        var replaySeconds = 5.0
    }

    private enum Phase { case waiting, connecting, open }

    private let target: KVFeedTarget
    private let presence: KVPresence
    private let patience: Patience
    private let subscriber: ZMTPLane
    private let replayer: ZMTPLane
    private var order: KVBatchOrder
    private var phase = Phase.waiting
    /// When the phase is to be looked at again.
    private var dueAt: Double
    private var pause: Double
    /// When anything came of the publisher.
    private var heardAt = 0.0
    private var lostAt: Double?
    private var askedNamesAt: Double?
    /// Set while a replay runs.
    private var replay: (from: UInt64, heardAt: Double, deadline: Double)?

    /// - Parameter tokenBase: the feed's own bits of its lanes' tokens; bit 24 tells the lanes apart.
    init(
        _ target: KVFeedTarget, presence: KVPresence, firstAt: Double, tokenBase: UInt64,
        patience: Patience = Patience()
    ) {
        self.target = target
        self.presence = presence
        self.patience = patience
        subscriber = ZMTPLane(.subscriber, tokenBase: tokenBase)
        replayer = ZMTPLane(.dealer, tokenBase: tokenBase | 1 << 24)
        order = KVBatchOrder(canReplay: target.source.replay != nil)
        dueAt = firstAt
        pause = patience.pause
    }

    var wakesAt: Double { min(dueAt, replay?.deadline ?? .infinity) }

    func wake(at now: Double, names: NameBook, _ poller: borrowing Poller) {
        if let running = replay, now >= running.deadline {
            let quietUntil = running.heardAt + patience.replaySeconds
            if now < quietUntil {
                replay?.deadline = quietUntil
            } else {
                failReplay("no answer for \(patience.replaySeconds) s", at: now, names, poller)
            }
        }
        guard now >= dueAt else { return }
        switch phase {
        case .waiting: connect(at: now, names, poller)
        case .connecting: lose("no ZeroMQ greeting for \(patience.connectSeconds) s", at: now, poller)
        case .open: checkSilence(at: now, names, poller)
        }
    }

    /// Asks a silent publisher whether it is there, and gives it up when it stays silent.
    private func checkSilence(at now: Double, _ names: NameBook, _ poller: borrowing Poller) {
        let silence = now - heardAt
        if silence < patience.silenceSeconds {
            dueAt = heardAt + patience.silenceSeconds
        } else if silence < 2 * patience.silenceSeconds {
            dueAt = heardAt + 2 * patience.silenceSeconds
            let outcome = subscriber.ping(patience: 2 * patience.silenceSeconds, poller)
            take([outcome].compactMap(\.self), at: now, names, poller)
        } else if subscriber.answersPings {
            lose("no answer to a ping for \(patience.silenceSeconds) s", at: now, poller)
        } else {
            dueAt = now + patience.silenceSeconds
        }
    }

    func handle(_ event: Poller.Event, at now: Double, names: NameBook, _ poller: borrowing Poller) {
        if event.token >> 24 & 1 == 0 {
            heardAt = now
            take(subscriber.handle(event, poller), at: now, names, poller)
        } else {
            replay?.heardAt = now
            takeReplay(replayer.handle(event, poller), at: now, names, poller)
        }
    }

    // MARK: the publisher

    private func connect(at now: Double, _ names: NameBook, _ poller: borrowing Poller) {
        guard let address = address(of: target.source.endpoint, at: now, names, poller) else { return }
        phase = .connecting
        dueAt = now + patience.connectSeconds
        if let reason = subscriber.open(address, poller) { lose(reason, at: now, poller) }
    }

    /// nil: it is not known yet, or there is none, which is told.
    private func address(
        of endpoint: KVEndpoint, at now: Double, _ names: NameBook, _ poller: borrowing Poller
    ) -> SocketAddress? {
        guard case .known(let addresses) = names.addresses(of: endpoint.url, at: now) else {
            dueAt = now + 0.05
            return nil
        }
        guard let first = addresses.first else {
            lose("the name \(endpoint.url.host) does not resolve", at: now, poller)
            return nil
        }
        return first
    }

    private func take(
        _ outcomes: [ZMTPLane.Outcome], at now: Double, _ names: NameBook, _ poller: borrowing Poller
    ) {
        for outcome in outcomes {
            switch outcome {
            case .ready:
                phase = .open
                pause = patience.pause
                dueAt = now + patience.silenceSeconds
                presence.update(target.node) {
                    $0.isLive = true
                    $0.problem = nil
                }
                perform(order.connected(away: lostAt.map { now - $0 }), at: now, names, poller)
            case .message(let frames): takeBatch(frames, at: now, names, poller)
            case .failed(let reason): lose(reason, at: now, poller)
            }
        }
    }

    /// Topic, sequence number, payload.
    private func takeBatch(
        _ frames: [[UInt8]], at now: Double, _ names: NameBook, _ poller: borrowing Poller
    ) {
        guard frames.count == 3, let sequence = Self.sequence(frames[1]) else {
            return noteUndecodable("a message of \(frames.count) frames is no batch of KV events")
        }
        perform(order.live(sequence, frames[2]), at: now, names, poller)
    }

    /// The connection is gone: what is known may be old, so the node counts as untold until it is back.
    private func lose(_ reason: String, at now: Double, _ poller: borrowing Poller) {
        subscriber.close(poller)
        replayer.close(poller)
        replay = nil
        if phase == .open { lostAt = now }
        phase = .waiting
        dueAt = now + pause
        pause = min(patience.longestPause, pause * 2)
        let problem =
            "\(target.name): \(reason) at \(target.source.endpoint): see that the engine runs and publishes KV events "
            + "there (vLLM and SGLang: --kv-events-config)"
        presence.update(target.node) {
            $0.isLive = false
            $0.problem = problem
        }
    }

    // MARK: batches

    private func perform(
        _ actions: [KVBatchOrder.Action], at now: Double, _ names: NameBook, _ poller: borrowing Poller
    ) {
        for action in actions {
            switch action {
            case .take(let payload): apply(payload)
            case .whole: presence.update(target.node) { $0.isWhole = true }
            case .clear(let reason):
                presence.clear(node: target.node)
                tell("\(reason); what it holds is learned anew")
            case .askReplay(let start): askReplay(from: start, at: now, names, poller)
            }
        }
        let (gaps, replays) = (order.gaps, order.replays)
        presence.update(target.node) {
            $0.gaps = gaps
            $0.replays = replays
        }
    }

    private func apply(_ payload: [UInt8]) {
        do throws(MessagePackError) {
            let batch = try KVEventDecoder.decode(payload)
            presence.apply(batch.events, passedOver: batch.passedOver, node: target.node)
        } catch {
            // What it said is lost as in a gap: blocks may be gone that are thought to be there.
            presence.clear(node: target.node)
            noteUndecodable("a batch does not read: \(error)")
        }
    }

    private func noteUndecodable(_ what: String) {
        presence.update(target.node) { $0.undecodable += 1 }
        tell("\(what); see that the endpoint is the engine's own")
    }

    private func tell(_ what: String) {
        let problem = "\(target.name): KV events of \(target.source.endpoint): \(what)"
        presence.update(target.node) { $0.problem = problem }
    }

    static func sequence(_ frame: [UInt8]) -> UInt64? {
        frame.count == 8 ? frame.reduce(0) { $0 << 8 | UInt64($1) } : nil
    }

    // MARK: replay

    /// The replay socket is a ROUTER: the request has an empty frame before the number, as a REQ socket's would.
    private func askReplay(
        from start: UInt64, at now: Double, _ names: NameBook, _ poller: borrowing Poller
    ) {
        guard let endpoint = target.source.replay else { return }
        replay = (start, now, now + patience.replaySeconds)
        guard case .known(let addresses) = names.addresses(of: endpoint.url, at: now),
            let address = addresses.first
        else { return failReplay("the name \(endpoint.url.host) is not resolved", at: now, names, poller) }
        if let reason = replayer.open(address, poller) { failReplay(reason, at: now, names, poller) }
    }

    private func takeReplay(
        _ outcomes: [ZMTPLane.Outcome], at now: Double, _ names: NameBook, _ poller: borrowing Poller
    ) {
        for outcome in outcomes {
            guard let running = replay else { return }
            switch outcome {
            case .ready:
                let number = (0..<8).map { UInt8(truncatingIfNeeded: running.from >> (56 - 8 * UInt64($0))) }
                if case .failed(let reason) = replayer.send([[], number], poller) {
                    failReplay(reason, at: now, names, poller)
                }
            case .message(let frames): takeReplayed(frames, at: now, names, poller)
            case .failed(let reason): failReplay(reason, at: now, names, poller)
            }
        }
    }

    /// An empty frame, the topic where the release sends it, number, payload; the end has the number -1 and an empty payload.
    private func takeReplayed(
        _ frames: [[UInt8]], at now: Double, _ names: NameBook, _ poller: borrowing Poller
    ) {
        guard (3...4).contains(frames.count), frames[0].isEmpty,
            let sequence = Self.sequence(frames[frames.count - 2]), let payload = frames.last
        else { return failReplay("an answer of \(frames.count) frames", at: now, names, poller) }
        guard sequence != .max else {
            replay = nil
            replayer.close(poller)
            return perform(order.replayEnded(), at: now, names, poller)
        }
        perform(order.replayed(sequence, payload), at: now, names, poller)
    }

    private func failReplay(
        _ reason: String, at now: Double, _ names: NameBook, _ poller: borrowing Poller
    ) {
        replay = nil
        replayer.close(poller)
        tell(
            "no replay from \(target.source.replay.map { "\($0)" } ?? "--"): \(reason); "
                + "see that replay is the engine's replay_endpoint")
        perform(order.replayFailed(), at: now, names, poller)
    }
}
