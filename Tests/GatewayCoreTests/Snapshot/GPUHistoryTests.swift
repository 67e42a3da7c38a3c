import GatewayCore
import Testing

/// One node's GPUs at a moment: watts and degrees, nil where nobody tells.
private func second(_ time: Int, _ gpus: [(watts: Double?, celsius: Double?)], isStale: Bool = false)
    -> Snapshot
{
    var snapshot = Snapshot()
    snapshot.time = Double(time)
    var node = NodeStatus()
    node.name = "a"
    node.isStale = isStale
    node.gpus = gpus.map { gpu in
        var reading = GPUReading()
        (reading.powerWatts, reading.temperatureCelsius) = (gpu.watts, gpu.celsius)
        return reading
    }
    snapshot.nodes = [node]
    return snapshot
}

struct GPUHistoryTests {
    private func temperatures(_ history: History, _ count: Int = 99) -> [[Double?]] {
        history.pasts(count, of: .temperature, node: "a")
    }

    @Test func `of each ten seconds the last is kept once they are over, and what is not told is missing`() {
        var history = History(capacitySeconds: 60)
        for (time, celsius) in [(100, 50.0), (104, 60), (109, 71)] {
            history.record(second(time, [(350, celsius), (nil, nil)]))
            #expect(temperatures(history) == [[], []], "the ten seconds are not over")
        }
        history.record(second(110, [(703, 55), (nil, 40)]))
        #expect(temperatures(history) == [[71], [nil]])
        #expect(history.pasts(9, of: .power, node: "a") == [[352], [nil]], "to 8 W")
        history.record(second(133, [(9_000, -5)], isStale: true))
        history.record(second(145, [(9_000, -5)]))
        history.record(second(150, []))
        #expect(temperatures(history) == [[71, 55, nil, nil, 0], [nil, 40, nil, nil, nil]])
        #expect(history.pasts(1, of: .power, node: "a") == [[2_032], [nil]])
        #expect(history.pasts(1, of: .power, node: "b").isEmpty)
        for time in stride(from: 151, to: 400, by: 7) { history.record(second(time, [])) }
        #expect(temperatures(history).allSatisfy { $0 == Array(repeating: nil, count: 6) })
    }

    @Test func `GPUs beyond the eighth have no past, and nodes that left make room`() {
        var history = History(capacitySeconds: 60, nodeLimit: 1)
        for time in [0, 10] { history.record(second(time, Array(repeating: (100, 50), count: 12))) }
        #expect(temperatures(history) == Array(repeating: [50], count: 8))
        let full = history.byteCount
        var other = second(20, [(100, 50)])
        other.nodes[0].name = "b"
        history.record(other)
        #expect(temperatures(history).isEmpty && history.byteCount < full)
    }

    @Test func `an hour of 1,000 nodes of eight GPUs takes 64 MB at the most`() {
        var snapshot = second(0, Array(repeating: (500, 60), count: 8))
        snapshot.nodes = (0..<1_000).map { index in
            var node = snapshot.nodes[0]
            node.name = "node-\(index)"
            return node
        }
        var history = History()
        history.record(snapshot)
        #expect((63_000_000...64_000_000).contains(history.byteCount), "\(history.byteCount)")
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `the past comes over the wire and is looked back at as it was`(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        var history = History(capacitySeconds: 95)
        var time = 1_790_000_000 + Int(seed)
        var before: [(time: Int, past: [[Double?]])] = []
        for _ in 0..<Int.random(in: 1...80, using: &random) {
            time += Int.random(in: 1...4, using: &random)
            let gpus = (0..<3).map { _ in (Double?.none, Bool.random(using: &random) ? 70.0 : nil) }
            history.record(second(time, gpus))
            before.append((time, temperatures(history)))
        }
        var copy = try History(wireForm: history.wireForm(lastSeconds: 95), capacitySeconds: 95)
        #expect(temperatures(copy) == temperatures(history))
        let short = try History(wireForm: history.wireForm(lastSeconds: 95), capacitySeconds: 20)
        #expect(temperatures(short, 2) == temperatures(history, 2))
        for then in before where then.time > time - 40 {
            let shown = temperatures(history.rewound(to: then.time), 3)
            #expect(shown == then.past.map { $0.suffix(3) }, "\(time - then.time) s ago")
        }
        // What had begun goes on.
        let next = second(time / 10 * 10 + 10, [])
        copy.record(next)
        history.record(next)
        #expect(temperatures(copy, 1) == temperatures(history, 1))
    }

    @Test func `bytes cut off or changed give a past or an error, never a trap`() throws {
        var history = History(capacitySeconds: 40)
        for time in 0..<40 { history.record(second(time, [(Double(time * 20), 40), (nil, Double(time))])) }
        let bytes = history.wireForm(lastSeconds: 40)
        for length in bytes.indices {
            #expect(throws: MalformedBytes.self) { try History(wireForm: Array(bytes[..<length])) }
            for value in [0, 1, 9, 0x7F, 0x80, 0xFF] as [UInt8] {
                var changed = bytes
                changed[length] = value
                let read = try? History(wireForm: changed, capacitySeconds: 20)
                _ = read?.pasts(99, of: .power, node: "a")
            }
        }
    }
}
