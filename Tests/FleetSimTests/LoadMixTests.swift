import FleetSim
import GatewayCore
import Testing

/// The workloads that a story switches to.
struct LoadMixTests {
    private func first(_ kind: WorkloadKind, _ count: Int) throws -> [WorkloadRequest] {
        var workload = Workload(kind: kind, seed: 5, model: "tiny")
        return try (0..<count).map { _ in
            var session = workload.nextSession()
            let request = session.next(after: "")
            return try #require(request)
        }
    }

    private func beginning(_ request: WorkloadRequest) throws -> String {
        let messages = try JSONValue.parse(Array(request.body.utf8))["messages"]?.array
        return try #require(messages?.first?["content"]?.string)
    }

    @Test func `a hot prompt is everybody's, and a scan's documents are nobody's twice`() throws {
        let hot = try first(.hot, 20).map(beginning)
        #expect(Set(hot).count == 1 && hot[0].utf8.count > 30_000)
        let scanned = try first(.scan, 20).map(beginning)
        #expect(Set(scanned).count == 20 && scanned.allSatisfy { $0.utf8.count > 30_000 })
    }

    @Test func `new sessions are drawn of the kinds, as often as each stands there`() throws {
        var workload = Workload(kind: .chat, seed: 5, model: "tiny")
        workload.kinds = [.chat, .scan, .scan]
        let isScan = (0..<300).map { _ in
            var session = workload.nextSession()
            return session.next(after: "")?.namesSession == true
        }
        #expect((150...250).contains(isScan.count { $0 }))
    }

    @Test func `what a histogram has recorded since an earlier state of it`() {
        var histogram = LatencyHistogram()
        for _ in 0..<10 { histogram.record(nanoseconds: 1_000_000_000) }
        let before = histogram
        #expect(histogram.since(before).count == 0 && histogram.since(before).quantile(0.5) == nil)
        for _ in 0..<5 { histogram.record(nanoseconds: 20_000_000) }
        let rest = histogram.since(before)
        #expect(rest.count == 5 && abs((rest.quantile(0.99) ?? 0) - 0.02) < 0.001)
        #expect(histogram.since(LatencyHistogram()) == histogram)
    }
}
