/// What nodes hold of a prompt, and which of them its session was last on.
struct PromptMatch {
    let index: PrefixIndex
    let sessions: NodeMemory

    /// - Parameter depths: by node; scratch.
    func set(_ candidates: inout [Candidate], chain: [UInt64], session: UInt64?, depths: inout [Int32]) {
        let bound = session.flatMap { sessions.node(of: $0) }
        for place in depths.indices { depths[place] = 0 }
        index.depths(chain, into: &depths)
        for place in candidates.indices {
            candidates[place].cachedBlocks = Int(depths[candidates[place].node])
            candidates[place].isBound = candidates[place].node == bound
        }
    }
}
