/// How a trace is played again.
package struct ReplaySettings: Sendable {
    package enum EngineKind: String, Sendable, CaseIterable {
        /// The engine model: chunked prefill, decode interference, preemption.
        case model
        /// `PrefillServer`: good for ranking routers and for hit ratios, not for absolute latencies.
        case simple
    }

    /// What the router believes of an answer's length when it routes.
    package enum OutputGuess: String, Sendable, CaseIterable {
        case exact, none, wrong
    }

    /// The first node is gone from one instant to another, with its cache and what it was doing.
    package struct Loss: Sendable, Equatable {
        package var at: Double
        package var back: Double
        package init(at: Double, back: Double) {
            self.at = at
            self.back = back
        }
    }

    package var profile: EngineProfile
    package var engine = EngineKind.model
    package var nodes = 8
    /// How many times faster than the profile each node is, repeated over the nodes.
    package var speeds = [1.0]
    /// Blocks of 512 tokens in each node's cache; nil: what the hardware leaves.
    package var kvBlocks: Int?
    /// How many times faster than recorded requests come, and clients think.
    package var speed = 1.0
    /// Seconds by which the router's view of the caches is late; 0: it sees them as they are.
    package var eventLag = 0.0
    /// With a lag: a request just sent counts as present at once.
    package var countsOwnDispatches = true
    package var loss: Loss?
    package var outputGuess = OutputGuess.exact
    package var targets = ReplayTargets()
    package var seed: UInt64 = 1

    package init(profile: EngineProfile) { self.profile = profile }

    func speed(of node: Int) -> Double { speeds[node % speeds.count] }

    package var cacheBlocks: Int { kvBlocks ?? profile.kvCapacityTokens / Trace.blockTokens }
}
