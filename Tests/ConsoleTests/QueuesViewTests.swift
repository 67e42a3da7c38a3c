import GatewayCore
import Testing

@testable import Console

/// Who waits where, since when, for how long still; and what can't be told.
struct QueuesViewTests {
    private func row(_ name: String, _ snapshot: Snapshot, _ size: Size = Size(80, 24)) -> String {
        var screen = Screen(size, snapshot)
        screen.type("8")
        let rows = screen.text.split(separator: "\n").map(String.init)
        return rows.first { $0.contains(" \(name) ") } ?? ""
    }

    private func waiting(_ node: String, _ age: Double, _ phase: StreamPhase = .prefill) -> StreamStatus {
        var stream = StreamStatus()
        (stream.node, stream.ageSeconds, stream.phase) = (node, age, phase)
        return stream
    }

    @Test func `a node's row has its queues, the age of the oldest and the time until they are served`() {
        var snapshot = SampleFleet.snapshot(nodes: 2, second: 5)
        snapshot.nodes[0].prefillQueue = 6
        snapshot.nodes[0].waiting = 10
        snapshot.nodes[0].requestsPerSecond = 2
        snapshot.nodes[0].prefilling = 3
        snapshot.streams = [waiting("engine-1", 40, .decode), waiting("engine-1", 7), waiting("engine-1", 3)]
        let words = row("engine-1", snapshot).split(separator: " ")
        #expect(words.contains("6") && words.contains("10"))
        #expect(words.contains("7.0s"), "the oldest without a first token, not the oldest of all")
        #expect(words.contains("~5.0s"), "10 that wait at 2 a second")
    }

    @Test func `what can't be computed is --, and nothing to wait for is not`() {
        var snapshot = SampleFleet.snapshot(nodes: 2, second: 5)
        snapshot.streams = []
        snapshot.nodes[0].requestsPerSecond = nil
        snapshot.nodes[0].prefilling = 2
        #expect(row("engine-1", snapshot).filter { $0 == "-" }.count >= 4)
        snapshot.nodes[0].prefilling = 0
        snapshot.nodes[0].prefillQueue = 0
        snapshot.nodes[0].waiting = 0
        #expect(row("engine-1", snapshot).contains("none") && row("engine-1", snapshot).contains("now"))
        snapshot.nodes[0] = SampleFleet.unknown(snapshot.nodes[0])
        #expect(!row("engine-1", snapshot).split(separator: " ").contains("0"))
    }

    @Test func `the fleet's row sums its nodes without the stale ones`() {
        var snapshot = SampleFleet.snapshot(nodes: 3, second: 5)
        for index in 0..<3 { snapshot.nodes[index].waiting = 100 }
        snapshot.nodes[2].isStale = true
        #expect(row("ALL 2/3", snapshot).split(separator: " ").contains("200"))
    }

    @Test func `the gateway's own queue is shown by model with its oldest and its time to clear`() {
        var snapshot = SampleFleet.snapshot(nodes: 2, second: 5)
        var queue = QueueStatus()
        queue.model = "meta-llama/Llama-3.3-70B"
        (queue.high, queue.normal, queue.low, queue.tokens) = (1, 20, 3, 48_000)
        (queue.oldestSeconds, queue.drainPerSecond) = (12, 4)
        snapshot.queues = [queue]
        snapshot.gateway.queued = 24
        let line = row("Llama-3.3-70B", snapshot)
        for words in ["1", "20", "3", "12s", "4.00", "~6.0s"] {
            #expect(line.split(separator: " ").contains(Substring(words)), "\(words) in \(line)")
        }
        queue.drainPerSecond = 0
        snapshot.queues = [queue]
        #expect(row("Llama-3.3-70B", snapshot).hasSuffix("--"))
    }

    @Test func `many nodes leave twelve rows and the gateway's queue on a small screen`() {
        var snapshot = SampleFleet.snapshot(nodes: 1_000, second: 5)
        snapshot.queues = (0..<9).map { index in
            var queue = QueueStatus()
            queue.model = "model-\(index)"
            return queue
        }
        var screen = Screen(Size(80, 24), snapshot)
        screen.type("8")
        let rows = screen.text.split(separator: "\n")
        #expect(rows.filter { $0.contains(" engine-") }.count >= 12)
        #expect(rows.contains { $0.contains("In the gateway itself") })
        screen.press(.end)
        #expect(screen.text.contains("▸S engine-1000"))
    }

    @Test func `the order of the fleet's rows holds here and can be changed here`() {
        var snapshot = SampleFleet.snapshot(nodes: 8, second: 5)
        snapshot.nodes[5].waiting = 70
        var screen = Screen(Size(80, 24), snapshot)
        screen.type("8:sort queue")
        screen.press(.enter)
        let first = screen.text.split(separator: "\n").first { $0.contains(" engine-") }
        #expect(first?.contains("engine-6") == true)
    }
}
