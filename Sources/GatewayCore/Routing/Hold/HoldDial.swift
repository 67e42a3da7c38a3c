/// Who pays in the tail: how requests that no node needs yet are ordered.
package struct HoldDial: Sendable, Equatable {
    /// A node takes more while what waits for prefill there is no longer than this.
    package var feedSeconds: Double
    /// Seconds of work by which a second of waiting moves a request ahead.
    package var ageing: Double
    /// Whoever has waited for so long goes before all who have not.
    package var longestWait: Double

    package init(feedSeconds: Double, ageing: Double, longestWait: Double) {
        self.feedSeconds = feedSeconds
        self.ageing = ageing
        self.longestWait = longestWait
    }
}
