/// Conversations of a trace that names none, from the prefixes: a conversation goes on from behind the deepest block that
/// 20 or more different blocks follow. Up to there come system prompts, which conversations share.
enum DerivedSessions {
    private static let branches = 20

    /// Names each request's conversation; says how many there are.
    static func assign(_ requests: inout [TraceRequest]) -> Int {
        var followers: [UInt64: Set<UInt64>] = [:]
        for request in requests {
            for (block, next) in zip(request.chain, request.chain.dropFirst()) {
                if followers[block, default: []].count < branches {
                    followers[block, default: []].insert(next)
                }
            }
            if let last = request.chain.last { followers[last, default: []].insert(0) }
        }
        var sessions: Set<UInt64> = []
        for index in requests.indices {
            let chain = requests[index].chain
            guard var key = chain.first else { continue }
            for (block, next) in zip(chain, chain.dropFirst())
            where followers[block, default: []].count >= branches {
                key = next
            }
            requests[index].session = key
            sessions.insert(key)
        }
        return sessions.count
    }
}
