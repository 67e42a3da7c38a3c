import GatewayCore

/// Where the buckets of a histogram stand among the samples of a page: what labels say, which stay while the numbers move.
struct HistogramLayout: Sendable {
    /// More rows or bounds than this in one histogram are no engine's.
    static let limit = (rows: 1024, bounds: 512)

    /// The buckets of one label set, by rising bounds up to infinity.
    fileprivate struct Row: Sendable {
        var bounds: [Double] = []
        /// Places among the samples.
        var samples: [Int] = []
    }

    private var rows: [Row] = []

    /// nil when the page lacks the buckets, they are cut off, or there are senselessly many.
    init?(of name: String, in text: MetricsText) {
        var places: [UInt64: Int] = [:]
        var last: UInt64?
        for index in text.indices(of: name + "_bucket") {
            guard let bound = text.bucketBound(index) else { return nil }
            let key = text.labelsKey(index)
            let place = key == last ? rows.count - 1 : places[key] ?? rows.count
            if place == rows.count {
                guard rows.count < Self.limit.rows else { return nil }
                rows.append(Row())
                places[key] = place
            }
            last = place == rows.count - 1 ? key : nil
            rows[place].bounds.append(bound)
            rows[place].samples.append(index)
        }
        guard !rows.isEmpty else { return nil }
        for place in rows.indices {
            rows[place].sort()
            guard rows[place].bounds.last == .infinity else { return nil }
            // Rows with the same bounds hold the same array, which makes comparing them cheap.
            if rows[place].bounds == rows[0].bounds { rows[place].bounds = rows[0].bounds }
        }
        guard Set(rows.flatMap(\.bounds)).count <= Self.limit.bounds else { return nil }
    }

    /// A histogram for each row; nil when a count is no number.
    func histograms(of samples: [MetricSample]) -> [BucketHistogram]? {
        var all: [BucketHistogram] = []
        for row in rows {
            var counts: [Double] = []
            counts.reserveCapacity(row.samples.count)
            // Cumulative counts never fall: where a scrape in mid-update made them, the greatest so far stands.
            var greatest = 0.0
            for index in row.samples {
                guard samples[index].value.isFinite else { return nil }
                greatest = max(greatest, samples[index].value)
                counts.append(greatest)
            }
            all.append(BucketHistogram(bounds: row.bounds, counts: counts, sum: 0))
        }
        return all
    }
}

extension HistogramLayout.Row {
    fileprivate mutating func sort() {
        guard zip(bounds, bounds.dropFirst()).contains(where: { $0 > $1 }) else { return }
        let order = bounds.indices.sorted { bounds[$0] < bounds[$1] }
        (bounds, samples) = (order.map { bounds[$0] }, order.map { samples[$0] })
    }
}

extension MetricsText {
    fileprivate func bucketBound(_ index: Int) -> Double? {
        let sample = samples[index]
        var cursor = LabelCursor(Int(sample.labelsStart)..<Int(sample.labelsEnd))
        while let (name, value) = cursor.next(bytes) {
            if isBound(name) { return MetricNumber.parse(bytes, value) }
        }
        return nil
    }

    /// Tells apart the rows of a histogram: every label but `le`.
    fileprivate func labelsKey(_ index: Int) -> UInt64 {
        let sample = samples[index]
        var cursor = LabelCursor(Int(sample.labelsStart)..<Int(sample.labelsEnd))
        var key = Self.hashSeed
        while let (name, value) = cursor.next(bytes) {
            if isBound(name) { continue }
            for at in name { key = Self.hash(key, bytes[at]) }
            key = Self.hash(key, 0)
            for at in value { key = Self.hash(key, bytes[at]) }
            key = Self.hash(key, 1)
        }
        return key
    }

    private func isBound(_ name: Range<Int>) -> Bool {
        name.count == 2 && bytes[name.lowerBound] == UInt8(ascii: "l")
            && bytes[name.lowerBound + 1] == UInt8(ascii: "e")
    }
}
