import GatewayCore

/// The turns of one target: begins one each interval, ends it when every lane has answered or the time is up.
///
/// An engine's clock has a lane for the probe and one for everything else; a GPU exporter has a clock of its
/// own, so that neither waits for the other.
final class ScrapeClock {
    private let interval: Double
    private let timeout: Double
    private let rests: @Sendable () -> Bool
    /// The health is not probed in this turn.
    private var isResting = false
    private let node: String
    /// nil: the target is a GPU exporter. Changed where it is: its page is large.
    private var survey: EngineSurvey?
    private let lanes: [ScrapeLane]
    private var exporterResult: Result<[GPUReading], CollectionFailure>?
    private var startsAt: Double
    private var deadline = Double.infinity
    private var isRunning = false
    private var askedNamesAt: Double?
    /// Of this turn.
    private var addresses: [SocketAddress] = []

    /// - Parameters:
    ///   - tokenBase: the clock's own bits of its lanes' tokens; bit 24 tells the lanes apart.
    ///   - rests: asked before each turn whether the health is not to be probed in it.
    init(
        engine target: ScrapeTarget, firstAt start: Double, pace: ScrapePace, tokenBase: UInt64,
        rests: @escaping @Sendable () -> Bool
    ) {
        self.rests = rests
        interval = max(0.01, pace.intervalSeconds)
        timeout = pace.timeoutSeconds
        node = target.name
        survey = EngineSurvey(node: target.name, url: target.url, timeoutSeconds: timeout)
        lanes = (0..<2).map {
            ScrapeLane(url: target.url, apiKey: target.apiKey, tokenBase: tokenBase | UInt64($0) << 24)
        }
        startsAt = start
    }

    init(exporter url: EngineURL, of node: String, firstAt start: Double, pace: ScrapePace, tokenBase: UInt64)
    {
        rests = { false }
        interval = max(0.01, pace.intervalSeconds)
        timeout = pace.timeoutSeconds
        self.node = node
        lanes = [ScrapeLane(url: url, apiKey: nil, tokenBase: tokenBase)]
        startsAt = start
    }

    /// When it wants to be woken next.
    var wakesAt: Double { isRunning ? deadline : startsAt }

    /// Begins or ends a turn when its time has come.
    /// - Returns: the reading of a turn that ended.
    func wake(at now: Double, names: NameBook, _ poller: borrowing Poller) -> NodeReading? {
        if isRunning {
            guard now >= deadline else { return nil }
            for lane in lanes where lane.isBusy { lane.cut(poller) }
            expire()
            return finish(at: now)
        }
        guard now >= startsAt else { return nil }
        guard case .known(let found) = names.addresses(of: lanes[0].url, at: now) else {
            return waitForName(at: now)
        }
        addresses = found
        askedNamesAt = nil
        isRunning = true
        isResting = rests()
        deadline = now + timeout
        return begin(at: now, poller)
    }

    /// Goes on after an event of one of its lanes.
    func handle(_ event: Poller.Event, at now: Double, _ poller: borrowing Poller) -> NodeReading? {
        let index = Int(event.token >> 24 & 1)
        guard index < lanes.count, let outcome = lanes[index].handle(event, poller), isRunning else {
            return nil
        }
        take(outcome, lane: index, poller)
        return finishIfDone(at: now)
    }

    private func waitForName(at now: Double) -> NodeReading? {
        let since = askedNamesAt ?? now
        askedNamesAt = since
        startsAt = now + 0.02
        guard now - since >= timeout else { return nil }
        askedNamesAt = nil
        fail("no answer of the name server for \(lanes[0].url.host)")
        return finish(at: now)
    }

    private func begin(at now: Double, _ poller: borrowing Poller) -> NodeReading? {
        guard let probePath = survey?.probePath else {
            exporterResult = nil
            ask(lanes[0].url.path, lane: 0, poller)
            return finishIfDone(at: now)
        }
        survey?.begin(at: now)
        let path = survey?.nextPath()
        if !isResting { ask(probePath, lane: 0, poller) }
        if let path { ask(path, lane: 1, poller) }
        return finishIfDone(at: now)
    }

    private func ask(_ path: String, lane: Int, _ poller: borrowing Poller) {
        guard let outcome = lanes[lane].begin(path, at: addresses, poller) else { return }
        take(outcome, lane: lane, poller)
    }

    private func take(_ outcome: ScrapeLane.Outcome, lane: Int, _ poller: borrowing Poller) {
        if survey == nil {
            exporterResult = Self.gpus(outcome, node: node, url: lanes[0].url)
        } else if lane == 0 {
            survey?.takeProbe(outcome)
        } else {
            survey?.take(outcome)
            if let path = survey?.nextPath() { ask(path, lane: 1, poller) }
        }
    }

    private static func gpus(
        _ outcome: ScrapeLane.Outcome, node: String, url: EngineURL
    ) -> Result<[GPUReading], CollectionFailure> {
        let failures = ScrapeFailure(node: node, kind: .unknown)
        switch outcome {
        case .failed(let reason): return .failure(failures.connection(reason, at: "\(url)"))
        case .answered(let answer) where answer.status != 200:
            return .failure(failures.status(answer, at: "\(url)", path: url.path))
        case .answered(let answer):
            do {
                return .success(try GPUReading.read(MetricsText.parse(answer.body.array), from: "\(url)"))
            } catch let error as CollectionFailure {
                return .failure(CollectionFailure("\(node): \(error.message)"))
            } catch { return .failure(failures.body("\(error)", at: "\(url)")) }
        }
    }

    private func expire() {
        guard survey == nil else {
            survey?.expire(wasProbed: !isResting)
            return
        }
        exporterResult = .failure(
            ScrapeFailure(node: node, kind: .unknown).timeout(timeout, at: "\(lanes[0].url)"))
    }

    private func fail(_ reason: String) {
        guard survey == nil else {
            survey?.begin(at: -.infinity)
            _ = survey?.nextPath()
            survey?.takeProbe(.failed(reason))
            survey?.take(.failed(reason))
            return
        }
        exporterResult = .failure(
            ScrapeFailure(node: node, kind: .unknown).connection(reason, at: "\(lanes[0].url)"))
    }

    private func finishIfDone(at now: Double) -> NodeReading? {
        isRunning && !lanes.contains(where: \.isBusy) ? finish(at: now) : nil
    }

    /// The next turn begins at the next beat of the same rhythm; beats that the turn overran are left out.
    private func finish(at now: Double) -> NodeReading {
        isRunning = false
        let overrun = max(0, now - startsAt)
        startsAt += interval * (overrun / interval).rounded(.down) + interval
        return survey?.reading(at: now) ?? NodeReading(node: node, instant: now, gpus: exporterResult)
    }
}

/// How often targets are read and how long an answer may take.
package struct ScrapePace: Sendable, Equatable {
    package var intervalSeconds: Double
    package var timeoutSeconds: Double

    package init(intervalSeconds: Double = 1, timeoutSeconds: Double = 2) {
        self.intervalSeconds = intervalSeconds
        self.timeoutSeconds = timeoutSeconds
    }
}
