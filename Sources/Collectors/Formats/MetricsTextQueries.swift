import GatewayCore

/// What a dialect asks of a scrape. A NaN counts as not told.
extension MetricsText {
    /// Every finite value of a name, rows chosen by `rows`.
    func values(_ name: String, where rows: (Int) -> Bool = { _ in true }) -> [Double] {
        indices(of: name).filter(rows).map { samples[$0].value }.filter(\.isFinite)
    }

    /// Summed over its rows; nil when there is none.
    package func sum(_ name: String) -> Double? { sum(name, where: { _ in true }) }

    func sum(_ name: String, where rows: (Int) -> Bool) -> Double? {
        let all = values(name, where: rows)
        return all.isEmpty ? nil : all.reduce(0, +)
    }

    /// Summed over the rows whose label has this value; nil when there is none.
    package func sum(_ name: String, label: String, is value: String) -> Double? {
        sum(name, where: { self.label(label, ofSample: $0) == value })
    }

    /// Averaged over its rows; nil when there is none.
    func mean(_ name: String, where rows: (Int) -> Bool = { _ in true }) -> Double? {
        let all = values(name, where: rows)
        return all.isEmpty ? nil : all.reduce(0, +) / Double(all.count)
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

    /// More rows or bounds than this in one histogram are no engine's.
    static let histogramLimit = (rows: 1024, bounds: 512)

    /// The buckets of a histogram merged over its rows; nil when the scrape lacks them, they are cut off, or
    /// there are senselessly many.
    /// - Parameter scale: seconds per unit of the exporter (0.001 for milliseconds).
    package func histogram(_ name: String, scale: Double = 1) -> BucketHistogram? {
        var series: [BucketSeries] = []
        var places: [UInt64: Int] = [:]
        var last: UInt64?
        for index in indices(of: name + "_bucket") {
            guard let bound = bucketBound(index), samples[index].value.isFinite else { return nil }
            let key = labelsKey(index)
            let place = key == last ? series.count - 1 : places[key] ?? series.count
            if place == series.count {
                guard series.count < Self.histogramLimit.rows else { return nil }
                series.append(BucketSeries())
                places[key] = place
            }
            last = place == series.count - 1 ? key : nil
            series[place].buckets.append((bound * scale, samples[index].value))
        }
        let parts = series.compactMap(\.histogram)
        guard parts.count == series.count, Set(parts.flatMap(\.bounds)).count <= Self.histogramLimit.bounds
        else {
            return nil
        }
        var all = BucketHistogram.merged(parts)
        all?.sum = (sum(name + "_sum") ?? 0) * scale
        return all
    }

    private func bucketBound(_ index: Int) -> Double? {
        let sample = samples[index]
        var cursor = LabelCursor(Int(sample.labelsStart)..<Int(sample.labelsEnd))
        while let (name, value) = cursor.next(bytes) {
            if name.count == 2, bytes[name.lowerBound] == UInt8(ascii: "l"),
                bytes[name.lowerBound + 1] == UInt8(ascii: "e")
            {
                return MetricNumber.parse(bytes, value)
            }
        }
        return nil
    }

    /// Tells apart the series of a histogram: every label but `le`.
    private func labelsKey(_ index: Int) -> UInt64 {
        let sample = samples[index]
        var cursor = LabelCursor(Int(sample.labelsStart)..<Int(sample.labelsEnd))
        var key = Self.hashSeed
        while let (name, value) = cursor.next(bytes) {
            if name.count == 2, bytes[name.lowerBound] == UInt8(ascii: "l"),
                bytes[name.lowerBound + 1] == UInt8(ascii: "e")
            {
                continue
            }
            for at in name { key = Self.hash(key, bytes[at]) }
            key = Self.hash(key, 0)
            for at in value { key = Self.hash(key, bytes[at]) }
            key = Self.hash(key, 1)
        }
        return key
    }
}

/// The buckets of one label set, as they stand in the text.
private struct BucketSeries {
    var buckets: [(bound: Double, count: Double)] = []

    /// In order, up to infinity; nil when that is missing. Cumulative counts never fall: where a scrape in
    /// mid-update made them, the greatest so far stands.
    var histogram: BucketHistogram? {
        var ordered = buckets
        if zip(buckets, buckets.dropFirst()).contains(where: { $0.bound > $1.bound }) {
            ordered.sort { $0.bound < $1.bound }
        }
        guard ordered.last?.bound == .infinity else { return nil }
        var greatest = 0.0
        let rising = ordered.map {
            greatest = max(greatest, $0.count)
            return greatest
        }
        return BucketHistogram(bounds: ordered.map(\.bound), counts: rising, sum: 0)
    }
}
