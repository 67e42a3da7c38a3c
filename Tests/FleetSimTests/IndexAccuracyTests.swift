import Foundation
import GatewayCore
import TestSupport
import Testing

@testable import FleetSim

/// What the gateway's index believes of caches, beside what caches of that size hold.
@Suite(.enabled(if: sharedFolder != nil))
struct IndexAccuracyTests {
    private static let capacity = 3_000
    private static let nodes = 8

    /// Leading blocks of all requests, in share of all blocks.
    private func hits(_ requests: [TraceRequest]) -> (
        believed: Double, held: Double, within: Double
    ) {
        let index = PrefixIndex(byteLimit: 512 << 20)
        var caches = (0..<Self.nodes).map { _ in BlockCache(capacity: Self.capacity) }
        for node in caches.indices { index.setCapacity(node: node, blocks: Self.capacity) }
        var depths = [Int32](repeating: 0, count: Self.nodes)
        var (believed, held, blocks, near, time) = (0, 0, 0, 0, 0.0)
        for (place, request) in requests.enumerated() {
            time += request.delay
            // Sessions stay, and move now and then.
            let node =
                Int(truncatingIfNeeded: (request.session ?? 0) &+ UInt64(place / 2_000)) & (Self.nodes - 1)
            for other in depths.indices { depths[other] = 0 }
            index.depths(request.chain, into: &depths)
            let depth = caches[node].depth(of: request.chain)
            believed += Int(depths[node])
            held += depth
            blocks += request.chain.count
            if abs(Int(depths[node]) - depth) <= 1 { near += 1 }
            caches[node].use(request.chain)
            index.insert(request.chain, node: node, now: UInt32(time))
        }
        let all = Double(max(1, blocks))
        return (Double(believed) / all, Double(held) / all, Double(near) / Double(requests.count))
    }

    @Test func `with the node's capacity the index knows what a cache of that size still holds`() throws {
        let file = try #require(sharedFolder)
            .appendingPathComponent("traces/mooncake_conversation_trace.jsonl.gz")
        let trace = try TraceReader.read(gunzipped(file), name: file.lastPathComponent)
        let known = hits(trace.requests)
        print(
            String(
                format: "index: %.4f of the blocks believed, %.4f held, within one block %.4f",
                known.believed,
                known.held, known.within))
        #expect(abs(known.believed - known.held) < 0.005)
        #expect(known.within > 0.98)
    }
}
