import Foundation
import GatewayCore
import Testing

/// Our policies that are named for other projects' routers against the running originals: `make test-real`.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["SIGNALBOX_REAL_ROUTERS"] == "1"))
struct RouterAgreementTests {
    /// An original with its policy, and ours with its parameters.
    struct Pair: CustomTestStringConvertible {
        var package: String
        var module: [String]
        var theirs: String
        var options: [String] = []
        var ours: String
        var parameters: [String: Double] = [:]
        /// Prompts are cut at multiples of so many bytes.
        var unit = 1

        var testDescription: String {
            "\(ours) and \(theirs) of \(package) \(options.joined(separator: " "))"
        }
    }

    private static let sglangOld = ("sglang-router==0.2.1", ["sglang_router.launch_router"])
    private static let sglang = ("sglang-router==0.3.2", ["sglang_router.launch_router"])
    private static let vllm = ("vllm-router==0.1.17", ["vllm_router.launch_router"])
    private static let smg = ("smg==1.13.0", ["smg", "launch"])

    private static func cacheAware(
        _ original: (String, [String]), _ ours: String, _ parameters: [String: Double] = [:], abs: Int? = nil,
        unit: Int = 1
    ) -> Pair {
        Pair(
            package: original.0, module: original.1, theirs: "cache_aware",
            options: abs.map { ["--balance-abs-threshold", "\($0)"] } ?? [], ours: ours,
            parameters: parameters.merging(abs.map { ["abs": Double($0)] } ?? [:]) { $1 }, unit: unit)
    }

    static let pairs =
        [
            // In whole blocks: trees that differ by less than what blocks leave out of each prompt are ordered otherwise
            // (986 of 1,000 with prompts cut anywhere).
            cacheAware(sglangOld, "sglang-cache-aware-a", ["era": 0], unit: 64),
            cacheAware(sglang, "sglang-cache-aware-a", ["era": 1]),
            cacheAware(vllm, "sglang-cache-aware-a", ["era": 2], abs: 16),
            cacheAware(smg, "sglang-cache-aware-b"),
            cacheAware(smg, "sglang-cache-aware-b", abs: 6),
        ]
        + [sglang, vllm, smg].map {
            Pair(package: $0.0, module: $0.1, theirs: "round_robin", ours: "round-robin")
        }

    @Test(arguments: pairs)
    func `99% of 1,000 decisions of a running original are ours`(_ pair: Pair) async throws {
        let requests = 1_000
        guard
            var router = try await OriginalRouter.start(
                pair.package, pair.module, policy: pair.theirs, pair.options, requests: requests)
        else { return }
        var prompts = PromptStream(seed: 5, unit: pair.unit)
        var random = SplitMix64(seed: 6)
        try router.decide(on: requests, of: &prompts, random: &random)
        var replay = try DecisionReplay(pair.ours, pair.parameters, order: router.order)
        for (number, decision) in router.decisions.enumerated() {
            replay.play(decision, isCounted: number >= router.order.count)
        }
        print("agreement: \(pair.testDescription): \(replay)")
        #expect(replay.agreed >= 990, "\(replay)")
    }
}
