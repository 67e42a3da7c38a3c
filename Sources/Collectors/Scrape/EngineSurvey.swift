import GatewayCore

/// What is known of one engine, and what a turn asks it next. Pure: answers in, paths and readings out.
struct EngineSurvey {
    /// Models and version are asked again after this many seconds.
    static let factsInterval = 30.0

    private enum Step { case metrics, slots, models, version(Int) }

    /// A text of metrics, and what stands where in it.
    private struct Page {
        var text: MetricsText
        let series: EngineSeries

        var reading: EngineReading { series.reading(of: text.samples) }
        var isAsleep: Bool { series.awake?.value(in: text.samples) == 0 }
    }

    let node: String
    let url: EngineURL
    let timeoutSeconds: Double
    private(set) var kind = EngineKind.unknown
    private(set) var version: String?
    private(set) var models: [String]?
    private var metricsPath = "/metrics"
    /// The last page that could be read.
    private var page: Page?
    private var triedSecondPath = false
    private var hasSlots = true
    private var factsAt = -Double.infinity
    /// It has no `/health`, or one that costs: `/v1/models` stands in.
    private var isProbedByModels = false

    // Of this turn.
    private var steps: [Step] = []
    private var probe: ProbeResult?
    private var engine: Result<EngineReading, CollectionFailure>?
    /// The answer that was no success, kept until the engine's kind, and so the remedy, is known.
    private var refused: ScrapeAnswer?
    private var modelsAnswered = false
    private var isAsleep = false

    init(node: String, url: EngineURL, timeoutSeconds: Double) {
        self.node = node
        self.url = url
        self.timeoutSeconds = timeoutSeconds
    }

    /// Begins a turn.
    mutating func begin(at now: Double) {
        steps = [.metrics]
        if now - factsAt >= Self.factsInterval {
            if refused != nil { metricsPath = "/metrics" }
            if case .failure = engine { metricsPath = "/metrics" }
            factsAt = now
            hasSlots = true
            triedSecondPath = false
            steps += [.models, .version(0)]
        }
        probe = nil
        engine = nil
        refused = nil
        modelsAnswered = false
        isAsleep = false
    }

    /// SGLang's `/health` generates a token and queues behind the work: an answer of `/v1/models` has to do.
    /// Servers without `/health` are told by the same.
    var probePath: String { url.path + (isProbedByModels ? "/v1/models" : "/health") }

    /// The path to ask next on the engine's lane; nil when the turn has all it wants.
    mutating func nextPath() -> String? {
        while let step = steps.first {
            switch step {
            case .metrics: return url.path + metricsPath
            case .slots: return url.path + "/slots"
            case .models: return url.path + "/v1/models"
            case .version(let index):
                let paths = EngineFacts.versionPaths(kind)
                if index < paths.count { return url.path + paths[index] }
                steps.removeFirst()
            }
        }
        return nil
    }

    /// Takes the answer to the path that `nextPath` gave.
    mutating func take(_ outcome: ScrapeLane.Outcome) {
        guard let step = steps.first else { return }
        steps.removeFirst()
        switch outcome {
        case .failed(let reason):
            // The connection is gone; the rest of the turn would fail the same way.
            steps = []
            if case .metrics = step {
                // Whoever comes back may be another.
                factsAt = -.infinity
                isProbedByModels = kind == .sglang
                engine = .failure(failures.connection(reason, at: place(metricsPath)))
            }
        case .answered(let answer):
            switch step {
            case .metrics: takeMetrics(answer)
            case .slots: takeSlots(answer)
            case .models: takeModels(answer)
            case .version(let index): takeVersion(answer, index)
            }
        }
    }

    mutating func takeProbe(_ outcome: ScrapeLane.Outcome) {
        switch outcome {
        case .failed(let reason): probe = .failed(failures.connection(reason, at: probePlace).message)
        case .answered(let answer):
            switch answer.status {
            case 200: probe = .ready
            case 503: probe = .notReady(EngineFacts.message(answer.body.array) ?? "HTTP 503 at \(probePlace)")
            default:
                probe = .failed(failures.status(answer, at: probePlace, path: probePath).message)
                if answer.status == 404 { isProbedByModels = true }
            }
        }
    }

    /// The turn's time is up; what is missing has failed.
    mutating func expire(wasProbed: Bool) {
        if probe == nil, wasProbed {
            probe = .failed(failures.timeout(timeoutSeconds, at: probePlace).message)
        }
        if engine == nil, refused == nil {
            engine = .failure(failures.timeout(timeoutSeconds, at: place(metricsPath)))
        }
    }

    /// The turn's news. Mutating, so that of a thousand surveys a second none is copied for it.
    mutating func reading(at instant: Double) -> NodeReading {
        var result = engine
        if let refused {
            result = .failure(failures.status(refused, at: place(metricsPath), path: metricsPath))
        }
        if case .success(var reading) = result {
            reading.kind = kind
            reading.version = version
            if let models { reading.models = models }
            result = .success(reading)
        }
        var outcome = probe
        if isProbedByModels, modelsAnswered { outcome = .ready }
        if isAsleep, outcome == .ready { outcome = .notReady("asleep: POST \(place("/wake_up")) wakes it") }
        let identity = models.map { EngineIdentity(kind: kind, version: version, models: $0) }
        return NodeReading(
            node: node, instant: instant, probe: outcome, identity: identity, engine: result)
    }

    private var failures: ScrapeFailure { ScrapeFailure(node: node, kind: kind) }
    private func place(_ path: String) -> String { "\(url)\(path)" }
    private var probePlace: String { "http://\(url.authority)\(probePath)" }

    private mutating func takeMetrics(_ answer: ScrapeAnswer) {
        guard answer.status == 200 else {
            refuse(answer)
            return
        }
        if metricsPath == "/metrics", answer.body.withBytes(Self.isJSONList) {
            // trtllm-serve keeps its JSON there, and Prometheus elsewhere.
            settle(.tensorrtLLM)
            metricsPath = "/prometheus/metrics"
            steps.insert(.metrics, at: 0)
            return
        }
        do {
            let isTaken = answer.body.withBytes { page?.text.takeValues(of: $0) ?? false }
            if !isTaken {
                page = nil
                let text = try MetricsText.parse(answer.body.array)
                page = Page(text: text, series: try EngineSeries(of: text, from: place(metricsPath)))
            }
            guard let reading = page?.reading else { return }
            settle(reading.kind)
            isAsleep = page?.isAsleep ?? false
            engine = .success(reading)
            if kind == .llamacpp, hasSlots { steps.insert(.slots, at: 0) }
        } catch let error as MetricsTextError {
            engine = .failure(failures.body("\(error)", at: place(metricsPath)))
        } catch let error as CollectionFailure {
            engine = .failure(CollectionFailure("\(node): \(error.message)"))
        } catch {
            engine = .failure(failures.body("\(error)", at: place(metricsPath)))
        }
    }

    private static func isJSONList(_ bytes: RawSpan) -> Bool {
        var at = 0
        while at < bytes.byteCount, bytes.byte(at) <= 0x20 { at += 1 }
        return at < bytes.byteCount && bytes.byte(at) == UInt8(ascii: "[")
    }

    private mutating func settle(_ found: EngineKind) {
        kind = found
        if found == .sglang { isProbedByModels = true }
    }

    /// NVIDIA NIM has its metrics under /v1 (NIM for LLMs, "Observability"): that is tried once before giving
    /// up.
    private mutating func refuse(_ answer: ScrapeAnswer) {
        if answer.status == 404, metricsPath == "/metrics", !triedSecondPath {
            triedSecondPath = true
            metricsPath = "/v1/metrics"
            steps.insert(.metrics, at: 0)
        } else {
            if answer.status == 404, metricsPath == "/v1/metrics" { metricsPath = "/metrics" }
            refused = answer
        }
    }

    private mutating func takeSlots(_ answer: ScrapeAnswer) {
        guard answer.status == 200, let slots = EngineFacts.slots(answer.body.array) else {
            hasSlots = false
            return
        }
        guard case .success(var reading) = engine else { return }
        reading.kvUsage = reading.kvUsage ?? slots.usage
        reading.kvCapacityTokens = slots.capacityTokens
        engine = .success(reading)
    }

    private mutating func takeModels(_ answer: ScrapeAnswer) {
        guard answer.status == 200, let found = EngineFacts.models(answer.body.array) else { return }
        modelsAnswered = true
        models = found.names
        if kind == .unknown, let owner = found.kind { settle(owner) }
    }

    private mutating func takeVersion(_ answer: ScrapeAnswer, _ index: Int) {
        if answer.status == 200, let found = EngineFacts.version(answer.body.array) {
            version = EngineFacts.printable(found)
        } else {
            steps.insert(.version(index + 1), at: 0)
        }
    }
}
