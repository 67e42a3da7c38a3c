/// The samples of one family as they come, held against the rules of its type.
struct OpenMetricsFamily {
    let name: String
    let type: MetricType?
    /// Metrics (label sets without the type's own label) whose samples have ended.
    private var closed: Set<[String]> = []
    private var currentKey: [String]?
    /// The last time of each series; nil inside for none.
    private var times: [[String]: Double?] = [:]
    private var buckets = BucketRules()

    init(name: String, type: MetricType?) {
        self.name = name
        self.type = type
    }

    mutating func take(_ sample: OpenMetricsSample) throws(MetricsTextError) {
        if Set(sample.labels.map(\.name)).count != sample.labels.count {
            throw sample.failure("a label stands twice")
        }
        try group(sample)
        try checkTime(sample)
        try checkExemplar(sample)
        switch type {
        case .counter: try sample.requireCount()
        case .info where sample.value != 1: throw sample.failure("the value of an info is 1")
        case .stateset: try checkState(sample)
        case .summary: try checkSummary(sample)
        case .histogram, .gaugehistogram: try buckets.take(sample)
        default: break
        }
    }

    func finish() throws(MetricsTextError) {
        if type == .histogram || type == .gaugehistogram { try buckets.finish() }
    }

    /// Samples of one metric must stand together.
    private mutating func group(_ sample: OpenMetricsSample) throws(MetricsTextError) {
        let own: String? =
            switch type {
            case .histogram, .gaugehistogram: "le"
            case .summary: "quantile"
            case .stateset: name
            default: nil
            }
        let key = sample.labels.filter { $0.name != own }.map { "\($0.name)=\($0.value)" }.sorted()
        guard key != currentKey else { return }
        if let currentKey {
            closed.insert(currentKey)
            try finish()
            buckets = BucketRules()
        }
        if closed.contains(key) { throw sample.failure("the samples of one metric do not stand together") }
        currentKey = key
    }

    /// Times of one series don't go back; without times a series has one sample.
    private mutating func checkTime(_ sample: OpenMetricsSample) throws(MetricsTextError) {
        let series = [sample.suffix] + sample.labels.map { "\($0.name)=\($0.value)" }.sorted()
        guard let before = times.updateValue(sample.timestamp, forKey: series) else { return }
        guard let before, let now = sample.timestamp else {
            throw sample.failure("a series has a second sample, and not both have a timestamp")
        }
        if now < before { throw sample.failure("the timestamps of a series go back") }
    }

    private func checkExemplar(_ sample: OpenMetricsSample) throws(MetricsTextError) {
        guard let length = sample.exemplarLength else { return }
        switch (type, sample.suffix) {
        case (.counter, "_total"), (.histogram, "_bucket"), (.gaugehistogram, "_bucket"): break
        default: throw sample.failure("only a counter's total and buckets may have an exemplar")
        }
        // OpenMetrics 1.0, section "Exemplars".
        if length > 128 { throw sample.failure("the labels of an exemplar have more than 128 characters") }
    }

    private func checkState(_ sample: OpenMetricsSample) throws(MetricsTextError) {
        if sample.label(name) == nil { throw sample.failure("a stateset needs a label of its own name") }
        if sample.value != 0, sample.value != 1 { throw sample.failure("a state is 0 or 1") }
    }

    private func checkSummary(_ sample: OpenMetricsSample) throws(MetricsTextError) {
        guard sample.suffix.isEmpty else { return try sample.requireCount() }
        guard let quantile = sample.number("quantile"), quantile >= 0, quantile <= 1 else {
            throw sample.failure("a summary needs a quantile of 0 to 1")
        }
        if sample.value < 0 { throw sample.failure("a quantile's value is not negative") }
    }
}

extension OpenMetricsSample {
    /// Counts and sums are neither negative nor NaN.
    func requireCount() throws(MetricsTextError) {
        if value.isNaN || value < 0 { throw failure("a count or sum is neither negative nor NaN") }
    }

    /// A label that is a number; nil when it isn't there or is none.
    func number(_ label: String) -> Double? {
        guard let text = self.label(label) else { return nil }
        let bytes = Array(text.utf8)
        return MetricNumber.parse(bytes, 0..<bytes.count)
    }
}

/// The buckets, count and sum of one histogram.
private struct BucketRules {
    private var bounds: [Double] = []
    private var last = 0.0
    private var endsInInfinity = false
    private var count: Double?
    private var sum: Double?
    private var line = 0

    private var hasNegativeBound: Bool { bounds.contains { $0 < 0 } }

    mutating func take(_ sample: OpenMetricsSample) throws(MetricsTextError) {
        line = sample.line
        switch sample.suffix {
        case "_bucket": try takeBucket(sample)
        case "_count", "_gcount":
            try sample.requireCount()
            count = sample.value
        case "_gsum":
            if sample.value.isNaN { throw sample.failure("a sum is not NaN") }
            sum = sample.value
        case "_sum":
            try sample.requireCount()
            if hasNegativeBound { throw sample.failure("with negative buckets a histogram has no sum") }
            sum = sample.value
        default: break
        }
    }

    private mutating func takeBucket(_ sample: OpenMetricsSample) throws(MetricsTextError) {
        guard let bound = sample.number("le"), !bound.isNaN else {
            throw sample.failure("a bucket needs a bound le that is a number")
        }
        try sample.requireCount()
        if let before = bounds.last {
            // The same bound again is the same bucket at another time.
            if bound < before { throw sample.failure("the buckets are not in order of le") }
            if bound > before, sample.value < last { throw sample.failure("the count of a bucket falls") }
        }
        bounds.append(bound)
        last = sample.value
        endsInInfinity = sample.label("le") == "+Inf"
    }

    func finish() throws(MetricsTextError) {
        func failure(_ reason: String) -> MetricsTextError { MetricsTextError(line: line, reason: reason) }
        if !endsInInfinity { throw failure("a histogram needs a last bucket le=\"+Inf\"") }
        if (count == nil) != (sum == nil) { throw failure("a histogram's count and sum go together") }
        if let count, count != last { throw failure("a histogram's count is that of its last bucket") }
        if let sum, sum < 0, !hasNegativeBound {
            throw failure("a sum is negative only with negative buckets")
        }
    }
}
