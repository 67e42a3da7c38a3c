import GatewayCore
import Testing

/// A snapshot in which every field of every type is at random.
private func randomSnapshot(seed: UInt64) throws -> Snapshot {
    try Snapshot(from: RandomDecoder(seed: seed))
}

/// What a second may bring: values change, records come, go and change places.
private func next(after snapshot: Snapshot, seed: UInt64) throws -> Snapshot {
    let maker = RandomDecoder(seed: seed)
    var new = snapshot
    new.sequence = snapshot.sequence &+ 1
    new.time += 1
    if seed % 3 == 0 { new.totals = try maker.make(TrafficTotals.self) }
    if seed % 5 == 0 { new.gateway = try maker.make(GatewayStatus.self) }
    try edit(&new.nodes, maker) { $0.kvUsage = Double.random(in: 0...1, using: &maker.random) }
    try edit(&new.streams, maker) { $0.outputTokens &+= 1 }
    try edit(&new.decisions, maker) { $0.actualCachedTokens = 7 }
    try edit(&new.events, maker) { $0.text += "!" }
    try edit(&new.spending, maker) { $0.ended.dollars += 0.25 }
    try edit(&new.sessions, maker) { $0.spending.liveStreams &+= 1 }
    return new
}

private func edit<T: Decodable>(
    _ list: inout [T], _ maker: RandomDecoder, change: (inout T) -> Void
) throws {
    for _ in 0..<Int.random(in: 0..<4, using: &maker.random) {
        let place = Int.random(in: 0...list.count, using: &maker.random)
        switch Int.random(in: 0..<5, using: &maker.random) {
        case 0: list.insert(try maker.make(T.self), at: place)
        case 1 where place < list.count: list.remove(at: place)
        case 2: list.shuffle(using: &maker.random)
        case 3 where place < list.count: list.append(list[place])
        default: if place < list.count { change(&list[place]) }
        }
    }
}

struct FrameTests {
    @Test(arguments: 0..<100 as Range<UInt64>)
    func `a key frame gives the snapshot again, whatever is in it`(seed: UInt64) throws {
        let snapshot = try randomSnapshot(seed: seed)
        var encoder = FrameEncoder()
        var decoder = FrameDecoder()
        #expect(try decoder.apply(encoder.frame(of: snapshot)) == snapshot)
        #expect(decoder.snapshot == snapshot)
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `deltas give every snapshot again in its order, and a late watcher gets a key frame`(seed: UInt64)
        throws
    {
        var snapshot = try randomSnapshot(seed: seed)
        var encoder = FrameEncoder()
        var decoder = FrameDecoder()
        for step in 0..<40 as Range<UInt64> {
            let frame = try encoder.frame(of: snapshot, isKey: step % 16 == 15)
            #expect(try decoder.apply(frame) == snapshot)
            if step % 16 == 15 {
                var late = FrameDecoder()
                #expect(try late.apply(frame) == snapshot)
            }
            snapshot = try next(after: snapshot, seed: seed &* 1000 &+ step)
        }
    }

    @Test func `a delta without the frame that it builds upon asks for a key frame and harms nothing`() throws
    {
        let first = try randomSnapshot(seed: 1)
        let second = try next(after: first, seed: 2)
        let third = try next(after: second, seed: 3)
        var encoder = FrameEncoder()
        let frames = try [first, second, third].map { try encoder.frame(of: $0) }
        var decoder = FrameDecoder()
        #expect(throws: FrameError.gap(have: nil, needed: first.sequence)) { try decoder.apply(frames[1]) }
        _ = try decoder.apply(frames[0])
        #expect(throws: FrameError.gap(have: first.sequence, needed: second.sequence)) {
            try decoder.apply(frames[2])
        }
        #expect(decoder.snapshot == first)
        #expect(try decoder.apply(frames[1]) == second)
        #expect(try decoder.apply(frames[2]) == third)
    }

    @Test func `another version is told as such`() throws {
        var encoder = FrameEncoder()
        var frame = try encoder.frame(of: Snapshot())
        frame[2] = 99
        var decoder = FrameDecoder()
        let error = #expect(throws: FrameError.version(99)) { try decoder.apply(frame) }
        #expect(error?.description.contains("version 99") == true)
    }

    @Test func `a frame cut off at any byte is refused and leaves the decoder as it was`() throws {
        let first = try randomSnapshot(seed: 11)
        let second = try next(after: first, seed: 12)
        var encoder = FrameEncoder()
        let key = try encoder.frame(of: first)
        let delta = try encoder.frame(of: second)
        var decoder = FrameDecoder()
        for length in key.indices {
            #expect(throws: FrameError.self) { try decoder.apply(Array(key[..<length])) }
        }
        _ = try decoder.apply(key)
        for length in delta.indices {
            #expect(throws: FrameError.self) { try decoder.apply(Array(delta[..<length])) }
        }
        #expect(throws: FrameError.self) { try decoder.apply(delta + [0]) }
        #expect(decoder.snapshot == first)
        #expect(try decoder.apply(delta) == second)
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func `changed bytes give a snapshot or an error, never a trap`(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        let first = try randomSnapshot(seed: seed)
        var encoder = FrameEncoder()
        let key = try encoder.frame(of: first)
        let delta = try encoder.frame(of: try next(after: first, seed: seed + 1))
        for round in 0..<400 {
            var decoder = FrameDecoder()
            var frame = key
            if round % 2 == 1 {
                _ = try decoder.apply(key)
                frame = delta
            }
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: min(4, frame.count - 1)..<frame.count, using: &random)
                frame[place] =
                    [0, 1, 0x7F, 0x80, 0xFF, UInt8.random(in: 0...255, using: &random)]
                    .randomElement(using: &random) ?? 0
            }
            _ = try? decoder.apply(frame)
        }
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `bytes at random behind a right header never trap`(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        var decoder = FrameDecoder()
        for _ in 0..<200 {
            let soup = (0..<Int.random(in: 0..<80, using: &random)).map { _ in
                Bool.random(using: &random)
                    ? UInt8.random(in: 0..<8, using: &random) : UInt8(random.next() >> 56)
            }
            _ = try? decoder.apply(Array("SB".utf8) + [SnapshotFrame.version, 0] + soup)
        }
    }

    @Test func `numbers of any size come back`() throws {
        var snapshot = Snapshot()
        snapshot.streamsTotal = .min
        snapshot.eventsTotal = .max
        snapshot.sequence = .max
        snapshot.totals.requests = .max
        snapshot.totals.dollars = -0.0
        var encoder = FrameEncoder()
        var decoder = FrameDecoder()
        let back = try decoder.apply(encoder.frame(of: snapshot))
        #expect(back == snapshot && back.totals.dollars.sign == .minus)
    }
}
