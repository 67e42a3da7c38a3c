import GatewayCore

/// A number that a page tells: what is done with which of its samples. One that is not finite counts as not told.
enum Figure: Sendable {
    /// What the labels say.
    case fixed(Double)
    case sum([Range<Int>])
    case mean([Range<Int>])
    /// The sum of those that are told.
    indirect case total([Figure])
    /// The greatest of those that are told.
    indirect case greatest([Figure])
    /// nil where one is not told.
    indirect case product(Figure, Figure)

    /// nil of no rows.
    static func of(_ rows: [Range<Int>], _ make: ([Range<Int>]) -> Figure) -> Figure? {
        rows.isEmpty ? nil : make(rows)
    }

    /// Of those that the page has; nil of none.
    static func total(of parts: Figure?...) -> Figure? {
        let found = parts.compactMap { $0 }
        return found.isEmpty ? nil : .total(found)
    }

    static func greatest(of parts: Figure?...) -> Figure? {
        let found = parts.compactMap { $0 }
        return found.isEmpty ? nil : .greatest(found)
    }

    /// - Parameter samples: of the page that it was found in.
    func value(in samples: [MetricSample]) -> Double? {
        switch self {
        case .fixed(let value): value
        case .sum(let rows): Self.total(of: rows, in: samples)?.sum
        case .mean(let rows): Self.total(of: rows, in: samples).map { $0.sum / Double($0.count) }
        case .total(let parts):
            parts.reduce(nil) { sum, part in part.value(in: samples).map { (sum ?? 0) + $0 } ?? sum }
        case .greatest(let parts): parts.compactMap { $0.value(in: samples) }.max()
        case .product(let left, let right):
            left.value(in: samples).flatMap { value in right.value(in: samples).map { value * $0 } }
        }
    }

    private static func total(
        of rows: [Range<Int>], in samples: [MetricSample]
    ) -> (count: Int, sum: Double)? {
        var total = (count: 0, sum: 0.0)
        for range in rows {
            for index in range where samples[index].value.isFinite {
                total.count += 1
                total.sum += samples[index].value
            }
        }
        return total.count == 0 ? nil : total
    }
}

/// A histogram that a page tells, all its rows together.
struct HistogramFigure: Sendable {
    fileprivate let layout: HistogramLayout
    fileprivate let sum: Figure?
    /// Seconds per unit of the exporter.
    fileprivate let scale: Double

    /// nil when a count is no number.
    func value(in samples: [MetricSample]) -> BucketHistogram? {
        guard let parts = layout.histograms(of: samples) else { return nil }
        var all = parts.count == 1 ? parts[0] : BucketHistogram.merged(parts)
        if scale != 1, let bounds = all?.bounds { all?.bounds = bounds.map { $0 * scale } }
        all?.sum = (sum?.value(in: samples) ?? 0) * scale
        return all
    }
}

/// What a dialect looks for in a page.
extension MetricsText {
    /// Summed over its rows; nil when there is none.
    func sum(_ name: String) -> Figure? { .of(places(of: name), Figure.sum) }

    /// Summed over the rows whose label has this value; nil when there is none.
    func sum(_ name: String, label: String, is value: String) -> Figure? {
        .of(rows(of: name, label: label, is: value), Figure.sum)
    }

    /// Averaged over its rows; nil when there is none.
    func mean(_ name: String) -> Figure? { .of(places(of: name), Figure.mean) }

    func mean(_ name: String, label: String, is value: String) -> Figure? {
        .of(rows(of: name, label: label, is: value), Figure.mean)
    }

    private func rows(of name: String, label: String, is value: String) -> [Range<Int>] {
        indices(of: name).filter { self.label(label, ofSample: $0) == value }.map { $0..<($0 + 1) }
    }

    /// The buckets of a histogram merged over its rows; nil when the page lacks them, they are cut off, or there are
    /// senselessly many.
    /// - Parameter scale: seconds per unit of the exporter (0.001 for milliseconds).
    func histogram(_ name: String, scale: Double = 1) -> HistogramFigure? {
        HistogramLayout(of: name, in: self).map {
            HistogramFigure(layout: $0, sum: sum(name + "_sum"), scale: scale)
        }
    }

    /// The different values of a label over a name's rows, in the order of the text; at most 256.
    func labelValues(_ label: String, of name: String) -> [String] {
        var seen: Set<String> = []
        var all: [String] = []
        for index in indices(of: name) where all.count < 256 {
            guard let value = self.label(label, ofSample: index), !value.isEmpty else { continue }
            if seen.insert(value).inserted { all.append(value) }
        }
        return all
    }
}
