import Testing

@testable import GatewayCore

/// Policies in shadow on a stream made by hand.
struct ShadowTests {
    private static let model: UInt64 = 7

    private static func site(
        _ nodes: Int = 2, live: PolicySetting? = try? PolicySetting("prefix-affinity"),
        dollars: Double? = 3.6
    ) -> ShadowSite {
        // 1,000 tokens a second: a prompt of 640 tokens takes 0.64 s where nothing of it is cached.
        let node = ShadowNode(
            weight: 100, speed: NodeSpeed(perToken: 0.001), capacityTokens: 64_000, dollarsPerHour: dollars)
        return ShadowSite(nodes: Array(repeating: node, count: nodes), model: "m", live: live ?? .usual)
    }

    /// Prompts of ten blocks, a stream each; equal `prompt`s share all of them.
    private static func notes(_ prompts: [UInt64], from start: Double, apart: Double, first: UInt64 = 1)
        -> ShadowMailbox.Notes
    {
        var notes = ShadowMailbox.Notes()
        for (place, prompt) in prompts.enumerated() {
            notes.arrivals.append(
                ShadowArrival(
                    stream: first + UInt64(place), model: model, instant: start + Double(place) * apart,
                    promptTokens: 640, expectedOutput: 1,
                    chain: (0..<10).map { prompt * 1000 + $0 }))
            notes.placements.append(
                ShadowPlacement(
                    stream: first + UInt64(place), node: 0, instant: start + Double(place) * apart))
        }
        return notes
    }

    private static func row(_ rows: [ShadowRow], _ policy: String) throws -> ShadowRow {
        try #require(rows.first { $0.policy == policy })
    }

    @Test
    func `a repeated prompt hits on one node under prefix affinity and on both in turn under round-robin`()
        throws
    {
        var shadows = Shadows()
        let rows = shadows.turn(
            Self.notes([1, 1, 1, 1], from: 10, apart: 2), site: { _ in Self.site() }, now: 30, clock: { 0 })
        let affine = try Self.row(rows, "longest-prefix")
        #expect(affine.requests == 4)
        #expect(try abs(#require(affine.hitRate) - 0.75) < 1e-9)
        #expect(try abs(#require(affine.ttftMean) - 0.16) < 1e-9)
        let turns = try Self.row(rows, "round-robin")
        #expect(try abs(#require(turns.hitRate) - 0.5) < 1e-9)
        #expect(try abs(#require(turns.ttftMean) - 0.32) < 1e-9)
        #expect(turns.withinTarget == 1)
        #expect(turns.balance == 1)
        #expect(affine.balance == 2)
        #expect(try Self.row(rows, "prefix-affinity").isLive)
        #expect(!turns.isLive)
    }

    @Test func `agreement is the share that the live policy sent to the same node`() throws {
        var shadows = Shadows()
        let rows = shadows.turn(
            Self.notes([1, 2, 3, 4], from: 10, apart: 2), site: { _ in Self.site() }, now: 30, clock: { 0 })
        #expect(try Self.row(rows, "round-robin").agreement == 0.5)
    }

    @Test func `cost is GPU time at the node's price, and unknown where a node has none`() throws {
        var shadows = Shadows()
        var rows = shadows.turn(
            Self.notes([1], from: 10, apart: 1), site: { _ in Self.site() }, now: 30, clock: { 0 })
        // 0.64 s of prefill and one token of 0.03 s at a thousandth of a dollar a second.
        #expect(try abs(#require(Self.row(rows, "random").dollarsPerRequest) - 0.00067) < 1e-9)
        var others = Shadows()
        rows = others.turn(
            Self.notes([1], from: 10, apart: 1), site: { _ in Self.site(dollars: nil) }, now: 30,
            clock: { 0 })
        #expect(try Self.row(rows, "random").dollarsPerRequest == nil)
    }

    @Test func `every policy has a row, foresight one without its hold too`() {
        var shadows = Shadows()
        let rows = shadows.turn(
            Self.notes([1], from: 10, apart: 1), site: { _ in Self.site() }, now: 30, clock: { 0 })
        #expect(rows.map(\.policy) == Policies.names + ["foresight hold=0"])
        #expect(rows.allSatisfy { $0.requests == 1 })
    }

    @Test func `the live policy runs with the values that it has, and is marked`() throws {
        let live = try PolicySetting("foresight", ["w": 3])
        var shadows = Shadows()
        let rows = shadows.turn(
            Self.notes([1], from: 10, apart: 1), site: { _ in Self.site(live: live) }, now: 30, clock: { 0 })
        #expect(rows.count == Policies.names.count + 2)
        #expect(rows.filter(\.isLive).map(\.policy) == ["foresight w=3"])
        #expect(rows.allSatisfy { $0.model == "m" })
    }

    @Test func `what ended longer ago than the window is forgotten`() throws {
        var shadows = Shadows()
        _ = shadows.turn(
            Self.notes([1], from: 10, apart: 1), site: { _ in Self.site() }, now: 30, clock: { 0 })
        let rows = shadows.turn(
            ShadowMailbox.Notes(), site: { _ in Self.site() }, now: 30 + ShadowWindow.seconds, clock: { 0 })
        #expect(try Self.row(rows, "random").requests == 0)
        #expect(try Self.row(rows, "random").hitRate == nil)
    }

    @Test func `a policy that takes too long is left out, says so, and is begun anew`() throws {
        var shadows = Shadows()
        var time = 0.0
        let rows = shadows.turn(
            Self.notes([1, 2], from: 10, apart: 1), site: { _ in Self.site() }, now: 30,
            clock: {
                time += 1
                return time
            })
        #expect(try Self.row(rows, "random").problem == "it takes too much time")
        #expect(try Self.row(rows, "random").hitRate == nil)
        let later = shadows.turn(
            Self.notes([1], from: 95, apart: 1, first: 9), site: { _ in Self.site() }, now: 100,
            clock: { 0 })
        #expect(try Self.row(later, "random").problem == nil)
        #expect(try Self.row(later, "random").requests == 1)
    }

    @Test func `a node that takes no requests gets none, and with no node nothing is placed`() throws {
        var shadows = Shadows()
        var site = Self.site()
        site.nodes[0].weight = 0
        let rows = shadows.turn(
            Self.notes([1, 2, 3], from: 10, apart: 1), site: { _ in site }, now: 30, clock: { 0 })
        #expect(try Self.row(rows, "round-robin").agreement == 0)
        site.nodes[1].weight = 0
        let none = shadows.turn(
            Self.notes([4], from: 31, apart: 1, first: 9), site: { _ in site }, now: 40, clock: { 0 })
        #expect(try Self.row(none, "round-robin").requests == 3)
    }

    @Test func `a fleet of too many nodes is not shadowed, and says so`() {
        var shadows = Shadows()
        let rows = shadows.turn(
            Self.notes([1], from: 10, apart: 1), site: { _ in Self.site(Shadows.nodeLimit + 1) }, now: 30,
            clock: { 0 })
        #expect(rows.count == 1)
        #expect(rows.first?.problem?.contains("\(Shadows.nodeLimit)") == true)
    }

    @Test func `the mailbox drops what it has no room for, and counts it`() {
        let mailbox = ShadowMailbox()
        let arrival = ShadowArrival(
            stream: 1, model: 1, instant: 0, promptTokens: 1, expectedOutput: 1, chain: [1])
        for _ in 0..<(ShadowMailbox.arrivalLimit + 3) { mailbox.came(arrival) }
        #expect(mailbox.dropped == 3)
        #expect(mailbox.take().arrivals.count == ShadowMailbox.arrivalLimit)
        #expect(mailbox.take().arrivals.isEmpty)
    }

    @Test func `rows go over the wire as they are`() throws {
        var shadows = Shadows()
        var snapshot = Snapshot()
        snapshot.shadows = shadows.turn(
            Self.notes([1, 1], from: 10, apart: 1), site: { _ in Self.site() }, now: 30, clock: { 0 })
        var encoder = FrameEncoder()
        var decoder = FrameDecoder()
        #expect(try decoder.apply(encoder.frame(of: snapshot)).shadows == snapshot.shadows)
        snapshot.sequence += 1
        snapshot.shadows[0].hitRate = nil
        #expect(try decoder.apply(encoder.frame(of: snapshot)).shadows == snapshot.shadows)
    }
}
