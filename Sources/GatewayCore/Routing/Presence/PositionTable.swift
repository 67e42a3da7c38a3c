/// Which nodes hold a prompt's tokens up to a position, by the hash of those tokens. Positions are multiples of 16 tokens.
///
/// Open buckets of eight. A new position takes an empty place, else that of one that nobody holds, else the oldest.
struct PositionTable: Sendable {
    /// Tokens between two positions: the least size of block that vLLM takes on a GPU; smaller ones divide it.
    static let step = 16
    private static let ways = 8

    /// 0: free.
    private var keys: [UInt64]
    private var lastUse: [UInt32]
    /// Somebody's prompt had these tokens, as its engine told.
    private var isLearned: [Bool]
    /// `words` for each position, a bit for each feed.
    private var holders: [UInt64]
    private let words: Int
    private let bucketMask: UInt64
    private var clock: UInt32 = 0
    /// Positions that somebody held when they gave way to others.
    private(set) var evicted = 0

    /// - Parameter positions: rounded up to a power of two.
    init(positions: Int, feeds: Int) {
        words = (feeds + 63) / 64
        var buckets = 8
        while buckets * Self.ways < positions { buckets *= 2 }
        bucketMask = UInt64(buckets - 1)
        let count = buckets * Self.ways
        keys = Array(repeating: 0, count: count)
        lastUse = Array(repeating: 0, count: count)
        isLearned = Array(repeating: false, count: count)
        holders = Array(repeating: 0, count: count * words)
    }

    static func bytesPerPosition(feeds: Int) -> Int { 13 + (feeds + 63) / 64 * 8 }

    func find(_ key: UInt64) -> Int? {
        let base = Int(key & bucketMask) &* Self.ways
        for place in base..<(base &+ Self.ways) where keys[place] == key { return place }
        return nil
    }

    /// Bits of 64 feeds at a place.
    func holders(_ place: Int, _ word: Int) -> UInt64 { holders[place &* words &+ word] }

    mutating func hold(_ key: UInt64, feed: Int) {
        let place = place(key)
        holders[place * words + feed / 64] |= 1 << UInt64(feed % 64)
    }

    mutating func release(_ key: UInt64, feed: Int) {
        guard let place = find(key) else { return }
        holders[place * words + feed / 64] &= ~(1 << UInt64(feed % 64))
    }

    func knows(_ key: UInt64) -> Bool { find(key).map { isLearned[$0] } ?? false }

    mutating func learn(_ key: UInt64) { isLearned[place(key)] = true }

    private mutating func place(_ key: UInt64) -> Int {
        clock &+= 1
        let base = Int(key & bucketMask) * Self.ways
        var oldest = base
        var oldestFree: Int?
        for place in base..<(base + Self.ways) {
            if keys[place] == key {
                lastUse[place] = clock
                return place
            }
            if age(place) > age(oldest) { oldest = place }
            if !isHeld(place), oldestFree.map({ age(place) > age($0) }) ?? true { oldestFree = place }
        }
        if oldestFree == nil { evicted += 1 }
        let place = oldestFree ?? oldest
        keys[place] = key
        lastUse[place] = clock
        isLearned[place] = false
        for word in 0..<words { holders[place * words + word] = 0 }
        return place
    }

    /// A free place is older than any other.
    private func age(_ place: Int) -> UInt32 { keys[place] == 0 ? .max : clock &- lastUse[place] }

    private func isHeld(_ place: Int) -> Bool {
        for word in 0..<words where holders[place * words + word] != 0 { return true }
        return false
    }
}
