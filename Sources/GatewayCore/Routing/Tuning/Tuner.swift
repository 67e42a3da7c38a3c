/// Whether a change of foresight's `w` or `ageing` would have answered the last minutes' requests sooner, by playing them
/// again in virtual time: as it is set, and one step of one parameter away.
///
/// Bounded: one step at a time, and in the tail by what the operator chose. `feed` is not tuned, since in virtual time an
/// engine loses nothing between two prefills; `hold` and `longest` are the operator's word.
package enum Tuner {
    /// Fewer requests to judge by say nothing.
    package static let leastRequests = 100
    /// What a change has to gain of the mean time to the first token, 0...1.
    package static let leastGain = 0.05
    /// How much worse than under the operator's setting the 99th percentile may become, 0 and up.
    package static let tailAllowance = 0.1
    /// Caches begin empty: this share of the requests fills them and is not judged.
    private static let warmUpShare = 1.0 / 3
    /// Seconds of a core after which a look is broken off.
    private static let lookSeconds = 20.0
    /// What the parameters may be set to.
    private static let ladders: [(parameter: String, values: [Double])] = [
        ("w", [0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 8]),
        ("ageing", [0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]),
    ]

    package enum Finding: Sendable, Equatable {
        case change(PolicySetting, why: String)
        case stay(why: String)
    }

    /// What the last minutes' requests would have met, in seconds to the first token.
    package struct Figures: Sendable, Equatable {
        package var mean: Double
        package var p99: Double
        package var longest: Double
        /// Of the earlier half and of the later one: what helps only one of them is chance.
        package var halves: [Double]

        /// nil: there are none.
        package init?(_ seconds: [Double]) {
            guard !seconds.isEmpty else { return nil }
            func mean(_ part: ArraySlice<Double>) -> Double {
                part.reduce(0, +) / Double(max(1, part.count))
            }
            let sorted = seconds.sorted()
            self.mean = mean(seconds[...])
            p99 = sorted[(sorted.count - 1) * 99 / 100]
            longest = sorted[sorted.count - 1]
            let middle = seconds.count / 2
            halves = [mean(seconds[..<middle]), mean(seconds[middle...])]
        }
    }

    /// The settings one step away.
    package static func steps(from setting: PolicySetting) -> [PolicySetting] {
        guard let foresight = setting.make() as? Foresight else { return [] }
        // What is not held does not age.
        let tuned = ladders.filter { foresight.dial != nil || $0.parameter != "ageing" }
        return tuned.flatMap { parameter, values -> [PolicySetting] in
            let now = setting.named[parameter] ?? 0
            let next = [values.last { $0 < now }, values.first { $0 > now }].compactMap { $0 }
            return next.compactMap {
                try? PolicySetting(Foresight.name, [parameter: $0], after: setting)
            }
        }
    }

    /// The best of those tried, where it is worth a change.
    /// - Parameters:
    ///   - operators: under the setting that the operator last chose.
    ///   - tried: those one step away.
    package static func decide(
        _ present: PolicySetting, _ figures: Figures, operators: Figures,
        tried: [(setting: PolicySetting, figures: Figures)]
    ) -> Finding {
        let limit = (present.make() as? Foresight)?.dial?.longestWait ?? .infinity
        let allowed = tried.filter { _, other in
            other.p99 <= operators.p99 * (1 + tailAllowance)
                && other.longest <= max(limit, figures.longest)
                && zip(other.halves, figures.halves).allSatisfy { $0 <= $1 }
        }
        guard let best = allowed.min(by: { $0.figures.mean < $1.figures.mean }),
            best.figures.mean <= figures.mean * (1 - leastGain)
        else {
            return .stay(why: "no step gains \(percent(leastGain)) of \(milliseconds(figures.mean))")
        }
        return .change(
            best.setting,
            why: "in virtual time mean TTFT \(milliseconds(figures.mean)) → "
                + "\(milliseconds(best.figures.mean)), p99 \(milliseconds(figures.p99)) → "
                + milliseconds(best.figures.p99))
    }

    /// - Parameters:
    ///   - operators: the setting that the operator last chose.
    ///   - arrivals: of one model, in the order in which they came.
    ///   - clock: seconds of a core.
    package static func look(
        at arrivals: [ShadowArrival], on site: ShadowSite, decoding: ShadowDecoding,
        present: PolicySetting, operators: PolicySetting, clock: () -> Double
    ) -> Finding {
        let judged = arrivals.count - Int(Double(arrivals.count) * warmUpShare)
        guard judged >= leastRequests else {
            return .stay(why: "too few requests to judge by: \(judged) of \(leastRequests)")
        }
        let end = clock() + lookSeconds
        func play(_ setting: PolicySetting) -> Figures? {
            self.play(arrivals, judged, site, decoding, setting) { clock() > end }
        }
        guard let figures = play(present), let bound = operators == present ? figures : play(operators)
        else {
            return .stay(why: "the last minutes could not be played again in \(Int(lookSeconds)) s")
        }
        var tried: [(PolicySetting, Figures)] = []
        for setting in steps(from: present) {
            if let figures = play(setting) { tried.append((setting, figures)) }
        }
        return decide(present, figures, operators: bound, tried: tried)
    }

    /// nil: it took too long, or not all were answered.
    private static func play(
        _ arrivals: [ShadowArrival], _ judged: Int, _ site: ShadowSite, _ decoding: ShadowDecoding,
        _ setting: PolicySetting, isLate: () -> Bool
    ) -> Figures? {
        guard let outcomes = site.play(arrivals, by: setting, decoding: decoding, isLate: isLate) else {
            return nil
        }
        let seconds = zip(outcomes, arrivals).map { $0.firstToken - $1.instant }
        return Figures(Array(seconds.suffix(judged)))
    }

    private static func milliseconds(_ seconds: Double) -> String { "\(Int((seconds * 1000).rounded())) ms" }
    private static func percent(_ ratio: Double) -> String { "\(Int((ratio * 100).rounded()))%" }
}
