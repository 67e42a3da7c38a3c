/// placeholder
struct OpenMetricsRules {
    let text: MetricsText
    init(_ text: MetricsText) { self.text = text }
    func check() throws(MetricsTextError) {}
}
