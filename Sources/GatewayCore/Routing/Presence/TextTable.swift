/// What is known of one block of a prompt's text: which tokens lie behind the text from the prompt's start to the block's end.
struct TextRecord: Sendable {
    /// So many positions of `PositionTable.step` tokens lie within the text up to here.
    var end: Int32 = 0
    /// How many of the last ones are in `hashes`.
    private(set) var count: Int32 = 0
    /// Of the tokens up to each position in this block, the last one first. Text so dense that there are more has only the last.
    private var hashes = InlineArray<8, UInt64>(repeating: 0)

    /// The first position whose hash is here.
    var first: Int { Int(end - count) + 1 }

    /// - Parameter position: in `first...end`.
    func hash(at position: Int) -> UInt64 { hashes[Int(end) - position] }

    /// - Parameters:
    ///   - all: of every position of the prompt, from position 1 on.
    ///   - begin: the end of the block before.
    init(_ all: [UInt64], from begin: Int, to end: Int) {
        self.end = Int32(end)
        count = Int32(min(8, max(0, end - begin)))
        for step in 0..<Int(count) { hashes[step] = all[end - 1 - step] }
    }

    init() {}
}

/// The records by the hash of the text up to the block. Buckets of four; the least recently used gives way.
struct TextTable: Sendable {
    private static let ways = 4
    static let bytesPerBlock = MemoryLayout<TextRecord>.stride + 12

    /// 0: free.
    private var keys: [UInt64]
    private var lastUse: [UInt32]
    private var records: [TextRecord]
    private let bucketMask: UInt64
    private var clock: UInt32 = 0

    /// - Parameter blocks: rounded up to a power of two.
    init(blocks: Int) {
        var buckets = 8
        while buckets * Self.ways < blocks { buckets *= 2 }
        bucketMask = UInt64(buckets - 1)
        keys = Array(repeating: 0, count: buckets * Self.ways)
        lastUse = Array(repeating: 0, count: buckets * Self.ways)
        records = Array(repeating: TextRecord(), count: buckets * Self.ways)
    }

    func find(_ key: UInt64) -> Int? {
        let base = Int(key & bucketMask) &* Self.ways
        for place in base..<(base &+ Self.ways) where keys[place] == key { return place }
        return nil
    }

    subscript(place: Int) -> TextRecord { records[place] }

    mutating func touch(_ place: Int) {
        clock &+= 1
        lastUse[place] = clock
    }

    mutating func set(_ key: UInt64, to record: TextRecord) {
        var place = Int(key & bucketMask) * Self.ways
        if let found = find(key) {
            place = found
        } else {
            for way in place..<(place + Self.ways) where age(way) > age(place) { place = way }
        }
        touch(place)
        keys[place] = key
        records[place] = record
    }

    private func age(_ place: Int) -> UInt32 { keys[place] == 0 ? .max : clock &- lastUse[place] }
}
