/// SGLang's cache_aware router as papers compare with it ("era A"): to 2025, and what came after as its parameter.
///
/// Source: sglang sgl-model-gateway/src/policies/cache_aware.rs (053b63ff for the fallback to least load, #14532; before
/// it the smallest tree); the command line's defaults 0.3, 64 and 1.5 (the library's struct has 0.5, 32 and 1.1).
///
///     if max - min > abs and max > rel x min:   the least loaded, the first in the list of equal ones
///     if match > threshold:                     the holder of the deepest match
///     else:                                     the smallest tree; era A': the least loaded, the first of equal ones
///
/// The original's tree is raw text by character; here blocks, of which a node's held ones are its tree. Of several
/// deepest holders the original takes the first of a hash map, here the first in the list; equal trees, which there are
/// in a hash map's order too, are drawn by weight.
struct SGLangCacheAwareA: RoutingPolicy {
    static let name = "sglang-cache-aware-a"
    static let summary =
        "SGLang to 2025: best match above a threshold, else smallest tree, unless out of balance"
    static let parameters = [
        PolicyParameter("threshold", 0.3, in: 0...1, "share of the prompt above which its holder gets it"),
        PolicyParameter("abs", 64, in: 0...100_000, "requests between most and least loaded: imbalance"),
        PolicyParameter("rel", 1.5, in: 1...100, "most loaded over least loaded: imbalance"),
        PolicyParameter(
            "min-load", 0, in: 0...1, "below the threshold: 0 smallest tree, 1 least loaded (era A')"),
    ]
    var values = Self.parameters.map(\.standard)

    private enum Rule { case balance, prefix, smallestTree, leastLoad }

    private func rule(_ candidates: [Candidate], _ request: RoutingRequest) -> Rule {
        var least = Double.infinity
        var most = 0.0
        var match = 0.0
        for candidate in candidates {
            least = min(least, candidate.load)
            most = max(most, candidate.load)
            match = max(match, candidate.match(request))
        }
        if most - least > values[1], most > values[2] * least { return .balance }
        if match > values[0] { return .prefix }
        return values[3] < 0.5 ? .smallestTree : .leastLoad
    }

    private func cost(_ candidate: Candidate, _ rule: Rule) -> Double {
        switch rule {
        case .balance, .leastLoad: candidate.load
        case .prefix: -Double(candidate.cachedBlocks)
        case .smallestTree: candidate.weighted(Double(candidate.heldBlocks))
        }
    }

    func choose(among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64)
        -> Choice
    {
        let rule = rule(candidates, request)
        let costs = candidates.map { cost($0, rule) }
        return switch rule {
        case .balance: Choice(CandidateCosts.first(costs), .imbalance)
        case .prefix: Choice(CandidateCosts.first(costs), .deepestHolder)
        case .smallestTree: Choice(CandidateCosts.drawn(costs, candidates, &random), .emptiest)
        case .leastLoad: Choice(CandidateCosts.first(costs), .leastLoaded)
        }
    }

    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        let rule = rule(candidates, request)
        return candidates.map { candidate in
            PolicyScore(
                cost(candidate, rule),
                [
                    ScoreTerm(name: "match", value: candidate.match(request)),
                    ScoreTerm(name: "load", value: candidate.load),
                    ScoreTerm(name: "tree", value: candidate.weighted(Double(candidate.heldBlocks))),
                ])
        }
    }
}
