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

    /// The different values of a label over a name's rows, in the order of the text.
    func labelValues(_ label: String, of name: String) -> [String] {
        var seen: [String] = []
        for index in indices(of: name) {
            if let value = self.label(label, ofSample: index), !value.isEmpty, !seen.contains(value) {
                seen.append(value)
            }
        }
        return seen
    }

    /// The buckets of a histogram merged over its rows; nil when the scrape lacks them or they are cut off.
    /// - Parameter scale: seconds per unit of the exporter (0.001 for milliseconds).
    package func histogram(_ name: String, scale: Double = 1) -> BucketHistogram? {
        let buckets = indices(of: name + "_bucket")
        guard !buckets.isEmpty else { return nil }
        var series: [BucketSeries] = []
        for index in buckets {
            guard let bound = bucketBound(index), samples[index].value.isFinite else { return nil }
            let key = labelsKey(index)
            if series.last?.key == key {
                series[series.count - 1].add(bound * scale, samples[index].value)
            } else if let known = series.firstIndex(where: { $0.key == key }) {
                series[known].add(bound * scale, samples[index].value)
            } else {
                series.append(BucketSeries(key: key, bound: bound * scale, count: samples[index].value))
            }
        }
        guard series.allSatisfy({ $0.bounds.last == .infinity }) else { return nil }
        var all = BucketHistogram.merged(series.map(\.histogram))
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

/// The buckets of one label set.
private struct BucketSeries {
    var key: UInt64
    /// Ascending.
    var bounds: [Double]
    /// Cumulative.
    var counts: [Double]

    init(key: UInt64, bound: Double, count: Double) {
        self.key = key
        bounds = [bound]
        counts = [count]
    }

    mutating func add(_ bound: Double, _ count: Double) {
        var place = bounds.count
        while place > 0, bounds[place - 1] > bound { place -= 1 }
        bounds.insert(bound, at: place)
        counts.insert(count, at: place)
    }

    /// Cumulative counts never fall; where a scrape in mid-update made them, the greatest so far stands.
    var histogram: BucketHistogram {
        var greatest = 0.0
        let rising = counts.map {
            greatest = max(greatest, $0)
            return greatest
        }
        return BucketHistogram(bounds: bounds, counts: rising, sum: 0)
    }
}
