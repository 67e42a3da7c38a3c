import Testing

@testable import GatewayCore

@Suite struct MetricsDeskTests {
    private func snapshot(requests: UInt64, time: Double) -> Snapshot {
        var snapshot = Snapshot()
        snapshot.time = time
        snapshot.totals.requests = requests
        return snapshot
    }

    private func requests(_ page: [UInt8]) -> Substring? {
        String(decoding: page, as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix("signalbox_requests_total ") }?.split(separator: " ").last
    }

    @Test func `whoever asks gets the page of the newest snapshot, however long nobody asked`() {
        let desk = MetricsDesk()
        for second in 0..<1000 { desk.show(snapshot(requests: UInt64(second), time: Double(second))) }
        #expect(requests(desk.read()) == "999.0")
        desk.show(snapshot(requests: 1000, time: 1000))
        #expect(requests(desk.read()) == "1000.0")
        desk.show(snapshot(requests: 2000, time: 1000 + 2 * MetricsDesk.patienceSeconds))
        #expect(requests(desk.read()) == "2000.0")
    }
}
