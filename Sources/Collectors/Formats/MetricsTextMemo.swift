import Synchronization

/// Where in a page the names stand that it was asked for. All copies of a page share it: texts whose values it takes
/// differ from it in nothing else.
final class MetricsTextMemo: Sendable {
    private struct Found {
        var places: [String: [Range<Int>]] = [:]
        var histograms: [String: HistogramLayout?] = [:]
    }

    private let found = Mutex(Found())

    /// Places among the samples, by the name's runs.
    func places(of name: String, in text: MetricsText) -> [Range<Int>] {
        if let known = found.withLock({ $0.places[name] }) { return known }
        let places = text.findRuns(of: name)
        found.withLock { $0.places[name] = places }
        return places
    }

    /// nil where the page has no such histogram.
    func histogram(_ name: String, in text: MetricsText) -> HistogramLayout? {
        if let known = found.withLock({ $0.histograms[name] }) { return known }
        let layout = HistogramLayout(of: name, in: text)
        found.withLock { $0.histograms[name] = .some(layout) }
        return layout
    }
}
