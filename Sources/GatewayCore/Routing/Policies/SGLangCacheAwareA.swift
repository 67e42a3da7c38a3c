/// SGLang's cache_aware router as papers compare with it ("era A"): to 2025, and what came after as its parameter.
///
/// Checked against the running originals, with which it agrees on at least 99% of 1,000 decisions (`make test-real`):
///
///     era 0   sglang-router 0.2.1                                  the smallest tree; any of the deepest holders
///     era 1   sglang-router 0.3.2 (A', after sglang #14532)        the least loaded; the holder that was sent it first
///     era 2   vllm-router 0.1.17                                   the least loaded; the least loaded holder
///
///     if max - min > abs and max > rel x min:   the least loaded
///     if match > threshold:                     of the holders of the deepest match the era's
///     else:                                     the era's
///
/// Equal loads: the first in the list; equal trees and era 0's holders, which are in a hash map's order there, are drawn by
/// weight. The original's tree is raw text by character (vllm-router's is of tokens); here blocks, of which a node's
/// held ones are its tree. The command line's defaults 0.3, 64 and 1.5 (the library's struct has 0.5, 32 and 1.1).
struct SGLangCacheAwareA: RoutingPolicy {
    static let name = "sglang-cache-aware-a"
    static let summary =
        "SGLang's router to 2025 and vllm-router: best match above a threshold, unless out of balance"
    static let parameters = [
        PolicyParameter("threshold", 0.3, in: 0...1, "share of the prompt above which its holder gets it"),
        PolicyParameter("abs", 64, in: 0...100_000, "requests between most and least loaded: imbalance"),
        PolicyParameter("rel", 1.5, in: 1...100, "most loaded over least loaded: imbalance"),
        PolicyParameter(
            "era", 0, in: 0...2, "0: sglang-router 0.2, smallest tree; 1: 0.3, least loaded; 2: vllm-router"),
    ]
    var values = Self.parameters.map(\.standard)

    private enum Era: Int { case smallestTree, firstHolder, leastLoadedHolder }
    private var era: Era { Era(rawValue: Int(values[3].rounded())) ?? .smallestTree }

    private enum Rule {
        case balance, prefix, smallestTree, leastLoad

        var reason: ChoiceReason {
            switch self {
            case .balance: .imbalance
            case .prefix: .deepestHolder
            case .smallestTree: .emptiest
            case .leastLoad: .leastLoaded
            }
        }
    }

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
        return era == .smallestTree ? .smallestTree : .leastLoad
    }

    private func costs(_ candidates: [Candidate], _ rule: Rule) -> [Double] {
        switch rule {
        case .balance, .leastLoad: return candidates.map(\.load)
        case .smallestTree: return candidates.map { $0.weighted(Double($0.heldBlocks)) }
        case .prefix:
            let deepest = candidates.lazy.map(\.cachedBlocks).max() ?? 0
            return CandidateCosts.keeping(candidates, where: { $0.cachedBlocks == deepest }) {
                switch era {
                case .smallestTree: 0
                case .firstHolder: $0.isFirstHolder ? 0 : 1
                case .leastLoadedHolder: $0.load
                }
            }
        }
    }

    func choose(among candidates: [Candidate], for request: RoutingRequest, random: inout SplitMix64)
        -> Choice
    {
        let rule = rule(candidates, request)
        let costs = costs(candidates, rule)
        let isDrawn = era == .smallestTree && (rule == .prefix || rule == .smallestTree)
        let place =
            isDrawn ? CandidateCosts.drawn(costs, candidates, &random) : CandidateCosts.first(costs)
        return Choice(place, rule.reason)
    }

    func scores(_ candidates: [Candidate], for request: RoutingRequest) -> [PolicyScore] {
        let costs = costs(candidates, rule(candidates, request))
        return zip(candidates, costs).map { candidate, cost in
            PolicyScore(
                cost,
                [
                    ScoreTerm(name: "match", value: candidate.match(request)),
                    ScoreTerm(name: "load", value: candidate.load),
                    ScoreTerm(name: "tree", value: candidate.weighted(Double(candidate.heldBlocks))),
                ])
        }
    }
}
