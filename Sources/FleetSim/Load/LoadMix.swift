/// What a load is made of, where that changes while it runs.
package struct LoadMix: Sendable, Equatable {
    /// Requests in flight.
    package var concurrency: Int
    package var kinds: [WorkloadKind]
    /// Loops of one agent, `runaway`, that begin now and do not end by themselves.
    package var runaways = 0

    package init(concurrency: Int, kinds: [WorkloadKind], runaways: Int = 0) {
        self.concurrency = concurrency
        self.kinds = kinds
        self.runaways = runaways
    }
}
