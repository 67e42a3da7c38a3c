import GatewayCore

/// A trace and what it is played on.
package struct Replay: Sendable {
    package let trace: Trace
    package let settings: ReplaySettings

    /// The engine of workloads.md section 2 prefills so many tokens a second (a 70B on eight A100, or in fp16 on eight
    /// H100 of 2023), and needs so many seconds for each output token.
    private static let simpleTokensPerSecond = 8000.0
    private static let simpleDecodeSeconds = 0.030

    /// Spreads bucketed arrivals by the settings' seed.
    package init(_ trace: Trace, _ settings: ReplaySettings) {
        var trace = trace
        var random = SplitMix64(seed: settings.seed)
        ArrivalJitter.apply(to: &trace, random: &random)
        self.trace = trace
        self.settings = settings
    }

    /// Plays it under one policy.
    /// - Parameter progress: told the number of requests that have come, now and then.
    package func report(_ policy: any RoutingPolicy, progress: (Int) -> Void = { _ in }) -> ReplayReport {
        let speeds = (0..<settings.nodes).map { speed(of: $0) }
        switch settings.engine {
        case .simple:
            var run = ReplayRun(trace, settings, policy: policy, speeds: speeds) { node in
                late(
                    PrefillServer(
                        cacheBlocks: settings.cacheBlocks, blockTokens: Trace.blockTokens,
                        speed: speeds[node], secondsPerOutputToken: Self.simpleDecodeSeconds))
            }
            return report(run.run(progress: progress), speeds, preemptions: 0)
        case .model:
            let profile = settings.profile.withoutContextLimit
            var run = ReplayRun(trace, settings, policy: policy, speeds: speeds) { node in
                late(
                    ModelledEngine(
                        EngineModel(
                            profile: profile, kvTokens: settings.cacheBlocks * Trace.blockTokens,
                            blockTokens: Trace.blockTokens, detail: .milestones,
                            speed: settings.speed(of: node), seed: settings.seed &+ UInt64(node))))
            }
            let outcomes = run.run(progress: progress)
            let preemptions = run.engines.reduce(0) { $0 + $1.engine.preemptions }
            return report(outcomes, speeds, preemptions: preemptions)
        }
    }

    private func late<Engine: VirtualEngine>(_ engine: Engine) -> LateEvents<Engine> {
        LateEvents(engine, lag: settings.eventLag, countsOwnDispatches: settings.countsOwnDispatches)
    }

    private func report(
        _ outcomes: [ReplayOutcome], _ speeds: [NodeSpeed], preemptions: Int
    ) -> ReplayReport {
        var work = Array(repeating: 0.0, count: settings.nodes)
        for (request, outcome) in zip(trace.requests, outcomes) where outcome.end != nil {
            work[outcome.node] += speeds[outcome.node].prefillSeconds(
                new: request.promptTokens - outcome.cachedTokens, behind: outcome.cachedTokens)
        }
        return ReplayReport(
            trace, outcomes, prefillSeconds: work, preemptions: preemptions, targets: settings.targets)
    }

    /// What a router would have learned of a node's speed.
    private func speed(of node: Int) -> NodeSpeed {
        let factor = settings.speed(of: node)
        switch settings.engine {
        case .simple: return NodeSpeed(perToken: 1 / (Self.simpleTokensPerSecond * factor), perDecode: 0)
        case .model:
            let time = StepTime(settings.profile)
            let step = time.secondsPerStep / Double(settings.profile.maxBatchedTokens)
            let context = Double(trace.promptTokens / max(1, trace.requests.count))
            let decode =
                time.secondsPerRequest + time.secondsPerToken + context * time.secondsPerContextToken
            return NodeSpeed(
                perToken: (time.secondsPerToken + step) / factor, perPair: time.secondsPerPair / factor,
                perDecode: decode / factor)
        }
    }
}

extension EngineProfile {
    /// Traces are of other models; what they ask for is served whatever this one's limit.
    fileprivate var withoutContextLimit: EngineProfile {
        var profile = self
        profile.model.maxContextTokens = .max
        return profile
    }
}
