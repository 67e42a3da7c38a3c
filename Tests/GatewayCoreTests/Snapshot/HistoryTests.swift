import GatewayCore
import Testing

private func second(_ time: Double, _ values: [String: Double?]) -> Snapshot {
    var snapshot = Snapshot()
    snapshot.time = time
    snapshot.nodes = values.keys.sorted().map { name in
        var node = NodeStatus()
        node.name = name
        node.running = values[name] ?? nil
        node.kvUsage = (values[name] ?? nil).map { $0 / 100 }
        return node
    }
    return snapshot
}

/// The same past, whatever the place in the ring.
private func expectEqual(_ one: History, _ other: History, seconds: Int) {
    #expect(one.nodes == other.nodes && one.newest == other.newest)
    for node in one.nodes {
        for series in Series.allCases {
            #expect(one.last(seconds, of: series, node: node) == other.last(seconds, of: series, node: node))
        }
    }
}

struct HistoryTests {
    @Test func `a second is kept once, a gap is missing, and the ring forgets the oldest`() {
        var history = History(capacitySeconds: 4)
        history.record(second(10.2, ["a": 1]))
        history.record(second(10.9, ["a": 9]))
        history.record(second(12, ["a": 3, "b": nil]))
        #expect(history.last(9, of: .running, node: "a") == [1, nil, 3])
        #expect(history.last(2, of: .running, node: "b") == [nil, nil])
        #expect(history.last(2, of: .running, node: "c") == [])
        for time in 13...15 { history.record(second(Double(time), ["b": Double(time)])) }
        #expect(history.last(9, of: .running, node: "a") == [3, nil, nil, nil])
        #expect(history.last(3, of: .running, node: "b") == [13, 14, 15])
        history.record(second(1000, ["a": 7]))
        #expect(history.last(9, of: .running, node: "a") == [nil, nil, nil, 7])
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, -1, 1e300])
    func `a time that can't be is passed over`(time: Double) {
        var history = History(capacitySeconds: 4)
        history.record(second(5, ["a": 1]))
        history.record(second(time, ["a": 2]))
        #expect(history.newest == 5 && history.last(4, of: .running, node: "a") == [1])
    }

    @Test func `values that half precision can't hold are bounded or missing`() {
        var history = History(capacitySeconds: 4)
        history.record(second(1, ["a": 1e9, "b": .nan]))
        #expect(history.last(1, of: .running, node: "a") == [65_504])
        #expect(history.last(1, of: .running, node: "b") == [nil])
    }

    @Test func `nodes that left make room when there are too many, and what has no room is counted`() {
        var history = History(capacitySeconds: 2)
        let names = (0..<History.maxNodes).map { "n\($0)" }
        history.record(second(1, Dictionary(uniqueKeysWithValues: names.map { ($0, 1) })))
        #expect(history.nodes.count == History.maxNodes && history.nodesWithoutRoom == 0)
        history.record(second(2, ["n7": 2, "new": 3]))
        #expect(history.nodes == ["n7", "new"])
        #expect(history.last(2, of: .running, node: "n7") == [1, 2])
        #expect(history.last(2, of: .running, node: "new") == [nil, 3])
        let more = (0..<(History.maxNodes + 5)).map { "m\($0)" }
        history.record(second(3, Dictionary(uniqueKeysWithValues: more.map { ($0, 1) })))
        #expect(history.nodes.count == History.maxNodes && history.nodesWithoutRoom == 5)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `the past comes over the wire as it is, whatever its place in the ring`(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        var history = History(capacitySeconds: 50)
        var time = 1_790_000_000
        for _ in 0..<Int.random(in: 1...120, using: &random) {
            time += Int.random(in: 1...3, using: &random)
            var values: [String: Double?] = ["steady": 4, "gone": nil]
            if Bool.random(using: &random) {
                values["moving"] = Double.random(in: -10...70_000, using: &random)
            }
            history.record(second(Double(time), values))
        }
        expectEqual(
            try History(wireForm: history.wireForm(lastSeconds: 50), capacitySeconds: 50), history,
            seconds: 50)
        var short = try History(wireForm: history.wireForm(lastSeconds: 7))
        expectEqual(short, history, seconds: 7)
        short.record(second(Double(time) + 1, ["moving": 5]))
        #expect(short.last(1, of: .running, node: "moving") == [5])
        #expect(short.last(2, of: .running, node: "steady") == [4, nil])
        expectEqual(
            try History(wireForm: history.wireForm(lastSeconds: 9), capacitySeconds: 3), history, seconds: 3)
    }

    @Test func `an empty past comes over the wire`() throws {
        #expect(try History(wireForm: History().wireForm(lastSeconds: 60)).newest == nil)
    }

    @Test func `bytes cut off or changed give a past or an error, never a trap`() throws {
        var history = History(capacitySeconds: 20)
        for time in 0..<20 { history.record(second(Double(time), ["a": Double(time * time), "b": 1])) }
        let bytes = history.wireForm(lastSeconds: 20)
        for length in bytes.indices {
            #expect(throws: MalformedBytes.self) {
                try History(wireForm: Array(bytes[..<length]), capacitySeconds: 20)
            }
            for value in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
                var changed = bytes
                changed[length] = value
                _ = try? History(wireForm: changed, capacitySeconds: 20)
            }
        }
        #expect(throws: MalformedBytes.self) { try History(wireForm: bytes + [0]) }
    }

    @Test func `steady seconds of 1,000 nodes take little on the wire`() throws {
        var history = History()
        var snapshot = busySnapshot(nodes: 1000, seed: 3)
        let clock = ContinuousClock()
        let recording = clock.measure {
            for _ in 0..<30 {
                snapshot.time += 1
                history.record(snapshot)
            }
        }
        var bytes: [UInt8] = []
        let writing = clock.measure { bytes = history.wireForm(lastSeconds: 300) }
        let reading = try clock.measure { _ = try History(wireForm: bytes) }
        #expect(bytes.count < 100_000)
        print(
            "1000 nodes: a second in \(recording / 30); 30 s on the wire \(bytes.count) bytes, \(writing), \(reading)"
        )
    }
}
