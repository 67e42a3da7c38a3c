/// What nodes hold of a prompt, and which of them its session was last on.
struct PromptMatch {
    let index: PrefixIndex
    let sessions: NodeMemory
    /// What engines say themselves; it counts more than what they were sent.
    let presence: KVPresence

    /// - Parameter depths: by node; scratch.
    func set(_ candidates: inout [Candidate], chain: [UInt64], session: UInt64?, depths: inout [Int32]) {
        let bound = session.flatMap { sessions.node(of: $0) }
        for place in depths.indices { depths[place] = 0 }
        let first = index.depths(chain, into: &depths)
        for place in candidates.indices {
            candidates[place].cachedBlocks = Int(depths[candidates[place].node])
            candidates[place].heldBlocks = index.blocks(of: candidates[place].node)
            candidates[place].isFirstHolder = candidates[place].node == first
            candidates[place].isBound = candidates[place].node == bound
        }
        correct(&candidates, chain, &depths)
    }

    /// Where a node's events tell how much of the text it holds, that; beyond what is learned of the text, what it was sent.
    private func correct(_ candidates: inout [Candidate], _ chain: [UInt64], _ depths: inout [Int32]) {
        guard !presence.isEmpty else { return }
        for place in depths.indices { depths[place] = -1 }
        let learned = presence.cachedTokens(chain, into: &depths)
        guard learned.tokens > 0 else { return }
        for place in candidates.indices {
            let held = Int(depths[candidates[place].node])
            if held >= learned.tokens {
                candidates[place].cachedBlocks = max(candidates[place].cachedBlocks, learned.blocks)
            } else if held >= 0 {
                candidates[place].cachedBlocks = learned.blocks * held / learned.tokens
            }
        }
    }
}
