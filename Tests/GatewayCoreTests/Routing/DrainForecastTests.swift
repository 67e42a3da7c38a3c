import Testing

@testable import GatewayCore

/// What the last minutes' requests would meet without a node.
struct DrainForecastTests {
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
        _ count: Int = 300, without leaving: Set<Int> = [1], weights: [Int] = [100, 100, 100],
        clock: () -> Double = { 0 }
    ) throws -> DrainForecast {
        let live = try PolicySetting("least-requests")
        let nodes = weights.map { ShadowNode(weight: $0, speed: NodeSpeed(perToken: 0.0002)) }
        return DrainForecast(
            without: leaving, names: ["a", "b", "c"], from: DrainForecast.Ground(window: window(count)),
            site: { _ in ShadowSite(nodes: nodes, model: "m", live: live) }, clock: clock)
    }

    @Test func `those that stay get all requests, wait longer, and have longer queues`() throws {
        let forecast = try Self.forecast()
        let (before, after) = (try #require(forecast.before), try #require(forecast.after))
        #expect(forecast.nodes == ["b"] && forecast.model == "m" && forecast.problem == nil)
        #expect(before.shares.values.allSatisfy { abs($0 - 1.0 / 3) < 0.05 })
        #expect(after.shares["b"] == nil && after.shares.count == 2)
        #expect(abs(after.shares.values.reduce(0, +) - 1) < 1e-9)
        #expect(before.ttftP50 >= 0.2 && after.ttftP50 >= before.ttftP50)
        #expect(after.ttftP99 > before.ttftP99)
        // The queue that Little's law gives: some 6.7 a second, each there for at least 0.2 s, on three nodes and on two.
        #expect(before.queueEach > 6 * 0.2 / 3 && after.queueEach > before.queueEach * 1.5)
    }

    @Test func `what is measured now grows as the foreseen does`() throws {
        var forecast = try Self.forecast()
        forecast.before?.ttftP50 = 0.2
        forecast.after?.ttftP50 = 0.3
        #expect(abs(try #require(forecast.expectedTTFT(measured: 0.1)) - 0.15) < 1e-9)
        #expect(forecast.expectedTTFT(measured: nil) == 0.3)
        #expect(DrainForecast(nodes: ["b"]).expectedTTFT(measured: 0.1) == nil)
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
    private static func ground(_ site: ShadowSite) throws -> DrainForecast.Ground {
        let desk = DrainDesk()
        var shadows = Shadows()
        for (start, end) in [(1000.0, 1100.0), (1200, 1300)] {
            let notes = notes(from: start)
            _ = shadows.turn(notes, site: { _ in site }, now: end, clock: { 0 })
            desk.remember(notes, shadows, now: end)
        }
        desk.ask([0])
        let (leaving, ground) = try #require(desk.takeQuestion())
        #expect(leaving == [0] && desk.takeQuestion() == nil)
        return ground
    }

    private static func forecast(from ground: DrainForecast.Ground, _ site: ShadowSite) -> DrainForecast {
        DrainForecast(
            without: [0], names: ["a", "b", "c"], from: ground, site: { _ in site }, clock: { 0 })
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
        #expect(try Self.forecast(without: []).problem?.contains("could have gone there") == true)
        #expect(try Self.forecast(weights: [100, 0, 100]).problem?.contains("could have gone there") == true)
        let last = try Self.forecast(weights: [0, 100, 0])
        #expect(last.before != nil && last.after == nil && last.problem?.contains("those that stay") == true)
        var time = 0.0
        let late = try Self.forecast {
            time += 3
            return time
        }
        #expect(late.after == nil && late.problem != nil)
    }
}
