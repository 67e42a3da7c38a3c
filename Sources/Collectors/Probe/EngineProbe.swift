import GatewayCore

/// Looks at one URL once: which engine is it, and what can be read from it.
package enum EngineProbe {
    /// Asks one path after another; blocks for at most `timeoutSeconds` each.
    /// - Parameter timeoutSeconds: SGLang's `/health` takes a second and more.
    package static func run(_ url: EngineURL, apiKey: String?, timeoutSeconds: Double = 5) -> ProbeReport {
        var session = ProbeSession(url: url, apiKey: apiKey, timeout: timeoutSeconds)
        return session.run()
    }
}

private struct ProbeSession: ~Copyable {
    let url: EngineURL
    let lane: ScrapeLane
    let timeout: Double
    var poller = Poller()
    var addresses: [SocketAddress]
    var endpoints: [ProbeReport.Endpoint] = []
    var problems: [String] = []

    init(url: EngineURL, apiKey: String?, timeout: Double) {
        self.url = url
        self.timeout = timeout
        lane = ScrapeLane(url: url, apiKey: apiKey, tokenBase: 0)
        addresses = SocketAddress.resolve(host: url.host, port: url.port)
    }

    mutating func run() -> ProbeReport {
        var survey = EngineSurvey(node: "\(url)", url: url, timeoutSeconds: timeout)
        survey.begin(at: 0)
        let health = ask(survey.probePath)
        survey.takeProbe(health)
        if case .answered = health {
            while let path = survey.nextPath() {
                let outcome = ask(path)
                checkExposition(outcome, path)
                survey.take(outcome)
            }
            lookForOthers(survey.kind)
        } else {
            survey.take(health)
        }
        return report(survey)
    }

    /// Servers that answer like an engine and tell nothing.
    private mutating func lookForOthers(_ kind: EngineKind) {
        guard kind == .unknown else { return }
        if case .answered(let answer) = ask(url.path + "/api/version"), answer.status == 200 {
            problems.append(
                "\(url) is Ollama, which has no metrics: only what the gateway itself sees is known of it")
        }
    }

    /// A text that ends as OpenMetrics must keep its rules; where it does not, other readers will refuse it.
    private mutating func checkExposition(_ outcome: ScrapeLane.Outcome, _ path: String) {
        guard case .answered(let answer) = outcome, answer.status == 200, path.hasSuffix("/metrics") else {
            return
        }
        let text = answer.body.array
        guard
            text.suffix(7).starts(with: Array("# EOF".utf8))
                || text.suffix(6).starts(with: Array("# EOF".utf8))
        else { return }
        do {
            _ = try MetricsText.parse(text, as: .openMetrics)
        } catch {
            problems.append("\(path) claims to be OpenMetrics and is not (\(error)); it is read all the same")
        }
    }

    private func report(_ survey: consuming EngineSurvey) -> ProbeReport {
        let reading = survey.reading(at: 0)
        var engine: EngineReading?
        var failure: String?
        var problems = problems
        switch reading.engine {
        case .success(let found): engine = found
        case .failure(let why):
            failure = why.message
            problems.insert(why.message, at: 0)
        case nil: break
        }
        var reason: String?
        switch reading.probe {
        case .failed(let why), .notReady(let why): reason = why
        case .ready, nil: break
        }
        if let reason, !problems.contains(reason) { problems.insert(reason, at: 0) }
        return ProbeReport(
            url: "\(url)", engine: survey.kind, version: survey.version,
            models: survey.models ?? engine?.models ?? [], isReady: reading.probe == .ready,
            notReadyReason: reason, endpoints: endpoints,
            readings: ProbeReport.Reading.all(engine, kind: survey.kind, failure: failure), problems: problems
        )
    }

    private mutating func ask(_ path: String) -> ScrapeLane.Outcome {
        let start = MonotonicClock.now()
        let outcome = wait(for: path, until: start + UInt64(timeout * 1e9))
        let seconds = Double(MonotonicClock.now() - start) / 1e9
        switch outcome {
        case .answered(let answer):
            let problem = answer.status == 200 ? nil : EngineFacts.message(answer.body.array)
            endpoints.append(
                .init(
                    path: path, status: answer.status, seconds: seconds, bytes: answer.body.count,
                    problem: problem))
        case .failed(let reason):
            endpoints.append(.init(path: path, status: nil, seconds: seconds, bytes: nil, problem: reason))
        }
        return outcome
    }

    private mutating func wait(for path: String, until deadline: UInt64) -> ScrapeLane.Outcome {
        if let outcome = lane.begin(path, at: addresses, poller) { return outcome }
        while true {
            let now = MonotonicClock.now()
            guard now < deadline else { break }
            let count = poller.wait(milliseconds: Int32((deadline - now) / 1_000_000 + 1))
            for index in 0..<count {
                if let outcome = lane.handle(poller.event(index), poller) { return outcome }
            }
        }
        lane.cut(poller)
        return .failed("no whole answer within \(timeout) s")
    }
}
