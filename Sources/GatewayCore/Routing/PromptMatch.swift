/// What nodes hold of a prompt, and which of them its session was last on.
struct PromptMatch {
    let index: PrefixIndex
    let sessions: NodeMemory
    /// What engines say themselves; it counts more than what they were sent.
    let presence: KVPresence

    /// - Parameters:
    ///   - parts: of the prompt's blocks, for a match to the token where events tell.
    ///   - depths: by node; scratch.
    /// - Returns: whether the prompt's tokens would teach anything.
    @discardableResult
    func set(
        _ candidates: inout [Candidate], for request: RoutingRequest, chain: [UInt64],
        parts: KVPresence.Parts = { _, _, _ in nil }, depths: inout [Int32]
    ) -> Bool {
        let bound = request.session.flatMap { sessions.node(of: $0) }
        for place in depths.indices { depths[place] = 0 }
        let first = index.depths(chain, into: &depths)
        for place in candidates.indices {
            candidates[place].cachedBlocks = Int(depths[candidates[place].node])
            candidates[place].heldBlocks = index.blocks(of: candidates[place].node)
            candidates[place].isFirstHolder = candidates[place].node == first
            candidates[place].isBound = candidates[place].node == bound
        }
        guard !presence.isEmpty else { return false }
        for place in depths.indices { depths[place] = -1 }
        let learned = presence.cachedTokens(chain, parts: parts, into: &depths)
        for place in candidates.indices {
            let held = Int(depths[candidates[place].node])
            if held >= 0 { candidates[place].correct(held: held, learned, request) }
        }
        return !learned.isWhole
    }
}

extension Candidate {
    /// Where a node's events tell how much of the text it holds, that; beyond what is learned of the text, what it was sent.
    fileprivate mutating func correct(held: Int, _ learned: LearnedText, _ request: RoutingRequest) {
        heldTokens = held
        if held < learned.tokens {
            cachedBlocks = learned.blocks * held / learned.tokens
        } else if cachedBlocks > learned.blocks {
            let sent = Double(cachedBlocks - learned.blocks) * request.blockTokens
            heldTokens = max(held, learned.tokens + Int(sent))
        } else {
            cachedBlocks = learned.blocks
        }
    }
}
