import GatewayCore
import Testing

@testable import Console

/// The likely cause where engines find less cached than routing foresaw.
struct CacheTrustTests {
    private static func node(_ predicted: Double?, _ actual: Double?) -> NodeStatus {
        var node = NodeStatus()
        node.completed = 3
        node.predictedCachedTokens = predicted
        node.actualCachedTokens = actual
        return node
    }

    @Test func `what came as foreseen needs no cause, nor does a little`() {
        #expect(CacheTrust.cause(Self.node(10_000, 9_000)) == nil)
        #expect(CacheTrust.cause(Self.node(1_000, 0)) == nil)
    }

    @Test func `a gap is named by what is known of the node`() {
        #expect(CacheTrust.cause(Self.node(10_000, 5_000)) == "evicts more")
        #expect(CacheTrust.cause(Self.node(10_000, 0)) == "caching off?")
        #expect(CacheTrust.cause(Self.node(nil, nil)) == "not told")
        var restarted = Self.node(10_000, 0)
        restarted.restartedSecondsAgo = 4
        #expect(CacheTrust.cause(restarted) == "restarted")
        #expect(CacheTrust.cause(NodeStatus()) == nil)
    }
}
