import Testing

@testable import GatewayCore

/// Looking for a better setting in the last minutes' requests.
struct TunerTests {
    private static let model: UInt64 = 7

    private static func foresight(_ values: [String: Double] = [:]) throws -> PolicySetting {
        try PolicySetting("foresight", values)
    }

    private static func figures(_ mean: Double, p99: Double = 4, halves: [Double]? = nil) throws
        -> Tuner.Figures
    {
        var figures = try #require(Tuner.Figures([mean]))
        figures.p99 = p99
        figures.longest = p99
        figures.halves = halves ?? [mean, mean]
        return figures
    }

    /// What is decided when the present setting has a mean of one second and one other was tried.
    private static func decision(
        _ other: Tuner.Figures, operators: Tuner.Figures? = nil
    ) throws -> PolicySetting? {
        let finding = try Tuner.decide(
            foresight(), figures(1), operators: operators ?? figures(1),
            tried: [(foresight(["w": 2.5]), other)])
        if case .change(let setting, _) = finding { return setting }
        return nil
    }

    @Test func `a step is the next value of one parameter, the others stay`() throws {
        let steps = try Tuner.steps(from: Self.foresight(["w": 2.2, "leave": 3]))
        #expect(steps.compactMap { $0.named["w"] } == [2, 2.5, 2.2, 2.2])
        #expect(steps.compactMap { $0.named["ageing"] } == [0.02, 0.02, 0.01, 0.05])
        #expect(steps.allSatisfy { $0.named["leave"] == 3 })
        // At the end of its range there is one step only, and what is not held does not age.
        #expect(try Tuner.steps(from: Self.foresight(["w": 8, "hold": 0])).map { $0.named["w"] } == [6])
        #expect(try Tuner.steps(from: PolicySetting("round-robin")).isEmpty)
    }

    @Test func `only what gains a twentieth of the mean is a change`() throws {
        #expect(try Self.decision(Self.figures(0.96)) == nil)
        #expect(try Self.decision(Self.figures(0.94)) == Self.foresight(["w": 2.5]))
    }

    @Test func `the tail may be a tenth worse than under the operator's setting, not than the last one's`()
        throws
    {
        #expect(try Self.decision(Self.figures(0.8, p99: 4.3)) != nil)
        #expect(try Self.decision(Self.figures(0.8, p99: 4.5)) == nil)
        // The present setting has used the allowance up already.
        #expect(try Self.decision(Self.figures(0.8, p99: 4.3), operators: Self.figures(1, p99: 3.7)) == nil)
    }

    @Test func `nobody is made to wait longer than the dial's longest`() throws {
        let present = try Self.foresight(["longest": 5])
        func isChange(longest: Double) throws -> Bool {
            var other = try Self.figures(0.8)
            other.longest = longest
            let finding = try Tuner.decide(
                present, Self.figures(1), operators: Self.figures(1),
                tried: [(Self.foresight(["longest": 5, "w": 2.5]), other)])
            if case .change = finding { return true }
            return false
        }
        #expect(try isChange(longest: 4.9))
        #expect(try !isChange(longest: 5.1))
    }

    @Test func `what helps one half and harms the other is chance`() throws {
        #expect(try Self.decision(Self.figures(0.8, halves: [0.5, 1.1])) == nil)
    }

    /// Twelve prompts of 4,000 tokens for two nodes that hold seven of them each: whoever spreads them thrashes both.
    private static func arrivals(_ count: Int) -> [ShadowArrival] {
        var random = SplitMix64(seed: 3)
        return (0..<count).map { place in
            let prompt = random.next() % 12
            let own = UInt64(place + 1) << 32
            return ShadowArrival(
                stream: UInt64(place), model: model, instant: Double(place) * 0.45, promptTokens: 4352,
                expectedOutput: 1,
                chain: (0..<62).map { prompt << 16 | $0 + 1 } + (0..<6).map { own + $0 })
        }
    }

    private static func look(
        _ present: PolicySetting, count: Int = 500, clock: () -> Double = { 0 }
    ) -> Tuner.Finding {
        let node = ShadowNode(
            weight: 100, speed: NodeSpeed(perToken: 0.0002), capacityTokens: 30_000)
        let site = ShadowSite(nodes: [node, node], model: "m", live: present)
        return Tuner.look(
            at: arrivals(count), on: site, decoding: ShadowDecoding(), present: present, operators: present,
            clock: clock)
    }

    @Test func `a price of prefill that is too low for the caches is raised, step by step, until it fits`()
        throws
    {
        var setting = try Self.foresight(["w": 0.5])
        var steps = 0
        while case .change(let next, let why) = Self.look(setting), steps < 8 {
            #expect(why.hasPrefix("in virtual time mean TTFT "))
            setting = next
            steps += 1
        }
        #expect((1..<8).contains(steps))
        #expect(try #require(setting.named["w"]) > 0.5, "\(setting.words())")
    }

    @Test func `too few requests, and a look that takes too long, change nothing`() throws {
        let low = try Self.foresight(["w": 0.5])
        #expect(Self.look(low, count: 148) == .stay(why: "too few requests to judge by: 99 of 100"))
        var time = 0.0
        let late = Self.look(low) {
            time += 30
            return time
        }
        #expect(late == .stay(why: "the last minutes could not be played again in 20 s"))
    }

    @Test func `the window forgets what is older than five minutes, and the oldest past its bounds`() {
        func arrivals(_ range: Range<Int>, hashes: Int = 1) -> [ShadowArrival] {
            range.map {
                ShadowArrival(
                    stream: UInt64($0), model: UInt64($0 % 2), instant: Double($0), promptTokens: 1,
                    expectedOutput: 1, chain: Array(repeating: 1, count: hashes))
            }
        }
        var window = TuningWindow()
        window.append(arrivals(0..<1000))
        #expect(window.arrivals(of: 0).map(\.instant) == stride(from: 700, to: 1000, by: 2).map { $0 })
        var long = TuningWindow()
        long.append(arrivals(0..<100, hashes: TuningWindow.hashLimit / 10))
        #expect((long.arrivals(of: 0) + long.arrivals(of: 1)).count == 10)
        var many = TuningWindow()
        for _ in 0..<3 {
            many.append(
                arrivals(0..<TuningWindow.arrivalLimit).map {
                    var arrival = $0
                    arrival.instant = 5
                    return arrival
                })
        }
        #expect((many.arrivals(of: 0) + many.arrivals(of: 1)).count == TuningWindow.arrivalLimit)
    }
}
