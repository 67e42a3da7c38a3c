import Testing

@testable import GatewayCore

/// What the last minutes' requests would meet after a change of nodes.
struct ForecastTests {
    /// Prompts of 1,000 tokens with nothing in common, each 0.2 s of prefill: 44% of the time of three nodes.
    private static func window(_ count: Int, model: UInt64 = 7) -> TuningWindow {
        var random = SplitMix64(seed: 5)
        var instant = 0.0
        var window = TuningWindow()
        window.append(
            (0..<count).map { place in
                instant += 0.3 * Double(random.next() >> 11) / 9_007_199_254_740_992
                return ShadowArrival(
                    stream: UInt64(place), model: model, instant: instant, promptTokens: 1000,
                    expectedOutput: 10, chain: (0..<4).map { UInt64(place) << 8 | $0 })
            })
        return window
    }

    private static func forecast(
        _ count: Int = 300, of change: NodeChange = .out(["b"]), weights: [Int] = [100, 100, 100],
        by policy: String = "least-requests", clock: () -> Double = { 0 }
    ) throws -> Forecast {
        let live = try PolicySetting(policy)
        let nodes = weights.map { ShadowNode(weight: $0, speed: NodeSpeed(perToken: 0.0002)) }
        return Forecast(
            of: change, names: ["a", "b", "c"], from: Forecast.Ground(window: window(count)),
            site: { _ in ShadowSite(nodes: nodes, model: "m", live: live) }, clock: clock)
    }

    @Test func `those that stay get all requests, wait longer, and have longer queues`() throws {
        let forecast = try Self.forecast()
        let (before, after) = (try #require(forecast.before), try #require(forecast.after))
        #expect(forecast.change == .out(["b"]) && forecast.model == "m" && forecast.problem == nil)
        #expect(before.shares.values.allSatisfy { abs($0 - 1.0 / 3) < 0.05 })
        #expect(after.shares["b"] == nil && after.shares.count == 2)
        #expect(abs(after.shares.values.reduce(0, +) - 1) < 1e-9)
        #expect(before.ttftP50 >= 0.2 && after.ttftP50 >= before.ttftP50)
        #expect(after.ttftP99 > before.ttftP99)
        // The queue that Little's law gives: some 6.7 a second, each there for at least 0.2 s, on three nodes and on two.
        #expect(before.queueEach > 6 * 0.2 / 3 && after.queueEach > before.queueEach * 1.5)
    }

    @Test func `a node of a lower weight gets fewer, and one of weight 0 gets some again`() throws {
        let half = try Self.forecast(
            1_500, of: NodeChange(.weight(50), of: ["b"]), by: "random")
        let (third, fifth) = (half.before?.shares["b"] ?? 0, half.after?.shares["b"] ?? 0)
        #expect(abs(third - 1.0 / 3) < 0.05 && abs(fifth - 0.2) < 0.05)
        let back = try Self.forecast(of: NodeChange(.weight(100), of: ["b"]), weights: [100, 0, 100])
        let (before, after) = (try #require(back.before), try #require(back.after))
        #expect(before.shares["b"] == nil && after.shares["b", default: 0] > 0.2)
        #expect(after.queueEach < before.queueEach)
    }

    @Test(arguments: ["least-requests", "foresight"])
    func `a limit makes requests wait for a place, and none is lost`(policy: String) throws {
        let all = ["a", "b", "c"]
        let loose = try Self.forecast(of: NodeChange(.limit(100), of: all), by: policy)
        #expect(loose.problem == nil && loose.after == loose.before)
        let tight = try Self.forecast(of: NodeChange(.limit(1), of: all), by: policy)
        let (before, after) = (try #require(tight.before), try #require(tight.after))
        #expect(tight.problem == nil && abs(after.shares.values.reduce(0, +) - 1) < 1e-9)
        #expect(after.ttftP99 > before.ttftP99)
    }

    @Test func `what is measured now grows as the foreseen does`() throws {
        var forecast = try Self.forecast()
        forecast.before?.ttftP50 = 0.2
        forecast.after?.ttftP50 = 0.3
        #expect(abs(try #require(forecast.expectedTTFT(measured: 0.1)) - 0.15) < 1e-9)
        #expect(forecast.expectedTTFT(measured: nil) == 0.3)
        #expect(Forecast(.out(["b"])).expectedTTFT(measured: 0.1) == nil)
    }

    private static let node = ShadowNode(weight: 100, speed: NodeSpeed(perToken: 0.0002))

    /// Ninety prompts, a second each, each of a session of its own, of which the live policy sent two thirds to b and the rest to c.
    private static func notes(from start: Double) -> ShadowMailbox.Notes {
        var notes = ShadowMailbox.Notes()
        for place in 0..<90 {
            let (stream, instant) = (UInt64(start) + UInt64(place), start + Double(place))
            notes.arrivals.append(
                ShadowArrival(
                    stream: stream, model: 7, instant: instant, promptTokens: 1000, expectedOutput: 1,
                    session: UInt64(place) + 1, chain: (0..<4).map { UInt64(place) << 8 | $0 }))
            notes.placements.append(
                ShadowPlacement(stream: stream, node: place % 3 == 0 ? 2 : 1, instant: instant))
        }
        return notes
    }

    /// What is there after the prompts came twice.
    private static func ground(_ site: ShadowSite) throws -> Forecast.Ground {
        let desk = ForecastDesk()
        var shadows = Shadows()
        for (start, end) in [(1000.0, 1100.0), (1200, 1300)] {
            let notes = notes(from: start)
            _ = shadows.turn(notes, site: { _ in site }, now: end, clock: { 0 })
            desk.remember(notes, shadows, now: end)
        }
        desk.ask(.out(["a"]))
        let (change, ground) = try #require(desk.takeQuestion())
        #expect(change == .out(["a"]) && desk.takeQuestion() == nil)
        return ground
    }

    private static func forecast(from ground: Forecast.Ground, _ site: ShadowSite) -> Forecast {
        Forecast(
            of: .out(["a"]), names: ["a", "b", "c"], from: ground, site: { _ in site }, clock: { 0 })
    }

    @Test func `caches are as warm as they were when the requests came, and where they were`() throws {
        var site = ShadowSite(
            nodes: [Self.node, Self.node, Self.node], model: "m", live: try PolicySetting("prefix-affinity"))
        let ground = try Self.ground(site)
        let warm = Self.forecast(from: ground, site)
        #expect(try #require(warm.before?.ttftP50) < 0.05)
        let shares = try #require(warm.after?.shares)
        #expect(
            abs(shares["b", default: 0] - 2.0 / 3) < 0.01 && abs(shares["c", default: 0] - 1.0 / 3) < 0.01)
        site.live = try PolicySetting("longest-prefix")
        #expect(
            try #require(Self.forecast(from: ground, site).before?.ttftP50) < 0.05, "another policy's caches")
        var cold = ground
        cold.window = TuningWindow()
        cold.window.append(Self.notes(from: 1200).arrivals)
        cold.standings = []
        #expect(try #require(Self.forecast(from: cold, site).before?.ttftP50) > 0.15)
    }

    @Test func `a session stays where it was sent, also where the policy would have chosen another node`()
        throws
    {
        let site = ShadowSite(
            nodes: [Self.node, Self.node, Self.node], model: "m", live: try PolicySetting("session-sticky"))
        let shares = try #require(Self.forecast(from: Self.ground(site), site).after?.shares)
        #expect(
            abs(shares["b", default: 0] - 2.0 / 3) < 0.01 && abs(shares["c", default: 0] - 1.0 / 3) < 0.01)
    }

    @Test func `where nothing can be foreseen it says why`() throws {
        #expect(try Self.forecast(60).problem == "too few requests to judge by: 40 of 50")
        #expect(try Self.forecast(of: .out([])).problem?.contains("could have gone there") == true)
        #expect(try Self.forecast(weights: [100, 0, 100]).problem?.contains("could have gone there") == true)
        let last = try Self.forecast(weights: [0, 100, 0])
        #expect(last.before != nil && last.after == nil && last.problem?.contains("not all requests") == true)
        var time = 0.0
        let late = try Self.forecast {
            time += 3
            return time
        }
        #expect(late.after == nil && late.problem != nil)
    }
}
