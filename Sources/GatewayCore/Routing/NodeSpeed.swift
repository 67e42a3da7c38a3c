/// How fast one node works: what its observed prefills and steps taught.
///
/// Prefill of n new tokens behind m cached ones: fixed + perToken * n + perPair * (n * m + n * n / 2), the last for
/// attention (workloads.md 3.3). A step of decoding takes longer with each request in it.
package struct NodeSpeed: Sendable, Equatable {
    /// Seconds of a prefill besides its tokens.
    package var fixed: Double
    /// Seconds for each new token.
    package var perToken: Double
    /// Seconds for each pair of a new token and one before it.
    package var perPair: Double
    /// Seconds by which one more request makes each step of decoding longer.
    package var perDecode: Double

    /// Until something is observed: 70B fp8 on four H100 under vLLM, some 22,000 tokens a second.
    package init(
        fixed: Double = 0, perToken: Double = 1 / 22_000, perPair: Double = 0, perDecode: Double = 0.0003
    ) {
        self.fixed = fixed
        self.perToken = perToken
        self.perPair = perPair
        self.perDecode = perDecode
    }

    package func prefillSeconds(new: Int, behind: Int) -> Double {
        let n = Double(new)
        return fixed + perToken * n + perPair * (n * Double(behind) + n * n / 2)
    }

    /// Prompt tokens that one step of an engine takes in at most (vLLM's max_num_batched_tokens in a server).
    private static let stepTokens = 8192.0

    /// By how much a prefill moves the end of all that waits for prefill on the node. An engine takes what waits into one step as
    /// far as there is room, so of what a step costs besides its tokens a prefill behind others adds only its part.
    /// - Parameter waiting: how many wait there, the one being prefilled included; what comes then is in the next step.
    package func addedSeconds(new: Int, behind: Int, waiting: Int) -> Double {
        let alone = prefillSeconds(new: new, behind: behind)
        guard waiting >= 2 else { return alone }
        return alone - fixed * max(0, 1 - Double(new) / Self.stepTokens)
    }
}
