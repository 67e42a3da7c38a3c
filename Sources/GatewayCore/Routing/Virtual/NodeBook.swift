/// What a router in virtual time knows of one node by its own dispatches.
package struct NodeBook: Sendable {
    private struct Dispatch {
        var uncachedTokens: Int
        var promptTokens: Int
        var seconds: Double
        var mark: Double
        var hasToken = false
    }

    package private(set) var active = 0
    package private(set) var prefilling = 0
    package private(set) var pendingPrefillTokens = 0
    package private(set) var contextTokens = 0
    package private(set) var drain = DrainEstimate()
    private var dispatches: [Int: Dispatch] = [:]

    package init() {}

    package mutating func dispatched(
        _ id: Int, promptTokens: Int, uncachedTokens: Int, seconds: Double, now: Double
    ) {
        active += 1
        prefilling += 1
        pendingPrefillTokens += uncachedTokens
        contextTokens += promptTokens
        let mark = drain.dispatched(seconds: seconds, now: now)
        dispatches[id] = Dispatch(
            uncachedTokens: uncachedTokens, promptTokens: promptTokens, seconds: seconds, mark: mark)
    }

    package mutating func prefilled(_ id: Int, now: Double) {
        guard let dispatch = dispatches[id], !dispatch.hasToken else { return }
        dispatches[id]?.hasToken = true
        prefilling -= 1
        pendingPrefillTokens -= dispatch.uncachedTokens
        drain.prefilled(mark: dispatch.mark, seconds: dispatch.seconds, now: now)
    }

    package mutating func finished(_ id: Int) {
        guard let dispatch = dispatches.removeValue(forKey: id) else { return }
        active -= 1
        contextTokens -= dispatch.promptTokens
        guard !dispatch.hasToken else { return }
        prefilling -= 1
        pendingPrefillTokens -= dispatch.uncachedTokens
        drain.abandoned(seconds: dispatch.seconds)
    }

    package func candidate(node: Int, weight: Int = 100, speed: NodeSpeed, now: Double) -> Candidate {
        var candidate = Candidate(
            node: node, weight: weight, active: active, pendingPrefillTokens: pendingPrefillTokens)
        candidate.prefilling = prefilling
        candidate.contextTokens = contextTokens
        candidate.waitSeconds = drain.wait(now: now)
        candidate.idleSeconds = drain.idle(now: now)
        candidate.speed = speed
        return candidate
    }
}
