/// What OpenMetrics 1.0 asks of a text beyond its grammar: families that stand together and don't clash,
/// metrics that stand together, samples in order of time, and values that their type allows.
struct OpenMetricsRules {
    private let text: MetricsText
    /// Families whose samples have ended.
    private var closed: Set<String> = []
    private var current: OpenMetricsFamily?

    init(_ text: MetricsText) { self.text = text }

    func check() throws(MetricsTextError) {
        var rules = self
        try rules.checkDeclarations()
        for run in text.runs { try rules.take(run) }
        try rules.current?.finish()
    }

    /// The endings of a type's sample names. The bare name is one of them for most.
    static func suffixes(_ type: MetricType?) -> [String] {
        switch type {
        case .counter: ["_total", "_created"]
        case .histogram: ["_bucket", "_count", "_sum", "_created"]
        case .gaugehistogram: ["_bucket", "_gcount", "_gsum"]
        case .summary: ["", "_count", "_sum", "_created"]
        case .info: ["_info"]
        case .gauge, .stateset, .unknown, .untyped, nil: [""]
        }
    }

    private func checkDeclarations() throws(MetricsTextError) {
        var owners: [String: String] = [:]
        for family in text.families {
            let name = text.text(family.name)
            let line = family.lines.upperBound
            for suffix in Set(Self.suffixes(family.type) + [""]) {
                if let other = owners.updateValue(name, forKey: name + suffix) {
                    throw MetricsTextError(line: line, reason: "the families \(other) and \(name) clash")
                }
            }
            guard let unit = family.unit.map(text.text), !unit.isEmpty else { continue }
            if family.type == .info || family.type == .stateset {
                throw MetricsTextError(
                    line: line, reason: "an \(family.type == .info ? "info" : "stateset") has no unit")
            }
            if !name.hasSuffix("_" + unit) {
                throw MetricsTextError(line: line, reason: "the name of \(name) does not end in its unit")
            }
        }
    }

    private mutating func take(_ run: SampleRun) throws(MetricsTextError) {
        let name = text.text(Int(run.nameStart)..<Int(run.nameEnd))
        let (family, suffix) = try owner(of: name, line: run.line)
        if current?.name != family {
            try current?.finish()
            if let current { closed.insert(current.name) }
            if closed.contains(family) {
                throw MetricsTextError(
                    line: run.line, reason: "the samples of \(family) do not stand together")
            }
            let declared = text.families.first { text.text($0.name) == family }
            if let declared, declared.lines.upperBound > run.line {
                throw MetricsTextError(
                    line: declared.lines.upperBound, reason: "\(family) is declared after its samples")
            }
            current = OpenMetricsFamily(name: family, type: declared?.type)
        }
        for index in run.samples {
            let sample = OpenMetricsSample(
                text: text, index: index, suffix: suffix, line: run.line + index - run.samples.lowerBound)
            try current?.take(sample)
        }
    }

    /// The family that a sample belongs to and what its name adds to the family's.
    private func owner(of name: String, line: Int) throws(MetricsTextError) -> (
        family: String, suffix: String
    ) {
        for family in text.families {
            let base = text.text(family.name)
            guard name.hasPrefix(base) else { continue }
            let suffix = String(name.dropFirst(base.count))
            if Self.suffixes(family.type).contains(suffix) { return (base, suffix) }
            if suffix.isEmpty {
                throw MetricsTextError(
                    line: line, reason: "a sample of \(base) needs one of the endings of its type")
            }
        }
        return (name, "")
    }
}

/// One sample with its labels read.
struct OpenMetricsSample {
    let suffix: String
    let line: Int
    let value: Double
    let timestamp: Double?
    let labels: [(name: String, value: String)]
    /// Characters of its exemplar's labels; nil without one.
    let exemplarLength: Int?

    init(text: MetricsText, index: Int, suffix: String, line: Int) {
        self.suffix = suffix
        self.line = line
        value = text.samples[index].value
        timestamp = text.samples[index].timestamp
        labels = text.labels(ofSample: index)
        exemplarLength = text.exemplars.firstIndex { $0.sample == index }.map {
            text.labelCharacters(ofExemplar: $0)
        }
    }

    func label(_ name: String) -> String? { labels.first { $0.name == name }?.value }

    func failure(_ reason: String) -> MetricsTextError { MetricsTextError(line: line, reason: reason) }
}

extension MetricsText {
    fileprivate func labelCharacters(ofExemplar index: Int) -> Int {
        var cursor = LabelCursor(Int(exemplars[index].labelsStart)..<Int(exemplars[index].labelsEnd))
        var count = 0
        while let (name, value) = cursor.next(bytes) {
            count +=
                text(name).unicodeScalars.count + LabelCursor.unescaped(bytes, value).unicodeScalars.count
        }
        return count
    }
}
