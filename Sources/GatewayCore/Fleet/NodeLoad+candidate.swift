extension Candidate {
    /// A node with its load as the gateway knows it.
    /// - Parameter now: monotonic nanoseconds.
    package init(node: Int, weight: Int, load: NodeLoad, now: UInt64) {
        self.init(
            node: node, weight: weight, active: load.active, pendingPrefillTokens: load.pendingPrefillTokens)
        prefilling = load.prefilling
        contextTokens = load.contextTokens
        let outlook = load.outlook(now: now)
        waitSeconds = outlook.waitSeconds
        idleSeconds = outlook.idleSeconds
        speed = outlook.speed
        kvUsage = outlook.kvUsage
        engineQueue = outlook.engineQueue
    }
}
