import GatewayCore

/// What a dialect asks of a scrape. A NaN counts as not told.
extension MetricsText {
    /// The finite values of a name, rows chosen by `rows`: how many there are, and their sum.
    private func total(_ name: String, where rows: (Int) -> Bool) -> (count: Int, sum: Double) {
        var total = (count: 0, sum: 0.0)
        for range in places(of: name) {
            for index in range where samples[index].value.isFinite && rows(index) {
                total.count += 1
                total.sum += samples[index].value
            }
        }
        return total
    }

    /// Summed over its rows; nil when there is none.
    package func sum(_ name: String) -> Double? { sum(name, where: { _ in true }) }

    func sum(_ name: String, where rows: (Int) -> Bool) -> Double? {
        let all = total(name, where: rows)
        return all.count == 0 ? nil : all.sum
    }

    /// Summed over the rows whose label has this value; nil when there is none.
    package func sum(_ name: String, label: String, is value: String) -> Double? {
        sum(name, where: { self.label(label, ofSample: $0) == value })
    }

    /// Averaged over its rows; nil when there is none.
    func mean(_ name: String, where rows: (Int) -> Bool = { _ in true }) -> Double? {
        let all = total(name, where: rows)
        return all.count == 0 ? nil : all.sum / Double(all.count)
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

    /// The buckets of a histogram merged over its rows; nil when the scrape lacks them, they are cut off, or
    /// there are senselessly many.
    /// - Parameter scale: seconds per unit of the exporter (0.001 for milliseconds).
    package func histogram(_ name: String, scale: Double = 1) -> BucketHistogram? {
        guard let parts = layout(of: name)?.histograms(of: samples) else { return nil }
        var all = parts.count == 1 ? parts[0] : BucketHistogram.merged(parts)
        if scale != 1, let bounds = all?.bounds { all?.bounds = bounds.map { $0 * scale } }
        all?.sum = (sum(name + "_sum") ?? 0) * scale
        return all
    }
}
