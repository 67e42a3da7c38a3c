/// What one node's cache still holds, told by generations of use.
///
/// Every use of a block is stamped with the node's current generation, which closes when it holds a 64th of the
/// node's capacity. When the generations together hold more than the capacity, the oldest go: a least recently used
/// cache whose order is known to a generation. Blocks that are used again move on, so that a generation counts only
/// those last used in it.
struct PrefixIndexClock: Sendable {
    /// How long a block is believed present on a node whose capacity nobody knows (seconds). The routers in the field
    /// take 120 to 180 s for theirs.
    static let timeToLive = 180
    /// Generations that a full cache is divided into.
    private static let resolution = 64
    /// A generation of a node without a known capacity lasts this long (seconds).
    private static let generationSeconds = 3
    /// Generations that are kept apart. Where use is so uneven that more of them are thinly held, the oldest goes.
    private static let window = 256

    /// In blocks; nil: not known.
    private var capacity: Int?
    /// The first is 1; a stamp below `oldest` is gone.
    private(set) var current: UInt32 = 1
    private(set) var oldest: UInt32 = 1
    /// Blocks believed present.
    private(set) var total = 0
    /// Blocks last used in each generation of the window; empty until the node's first block.
    private var counts: [Int32] = []
    /// When a block was last stamped with each generation, in seconds.
    private var lastUse: [UInt32] = []
    /// When the current generation had its first block.
    private var began: UInt32 = 0

    private static func slot(_ generation: UInt32) -> Int { Int(generation) & (window - 1) }

    /// Seconds since a generation's last use.
    private func age(of generation: UInt32, _ now: UInt32) -> Int {
        Int(now) - Int(lastUse[Self.slot(generation)])
    }

    private var width: Int32 {
        capacity.map { Int32(clamping: max(1, $0 / Self.resolution)) } ?? Int32.max
    }

    /// Blocks were used: those of an earlier stamp (nil: new ones) move to the current generation, whose stamp this
    /// returns.
    mutating func use(_ blocks: Int, stamped earlier: UInt32?, now: UInt32) -> UInt32 {
        if counts.isEmpty {
            counts = Array(repeating: 0, count: Self.window)
            lastUse = Array(repeating: now, count: Self.window)
            began = now
        }
        expire(now)
        if capacity == nil, Int(now) - Int(began) >= Self.generationSeconds { close(now) }
        if let earlier { drop(blocks, stamped: earlier) }
        let stamp = current
        counts[Self.slot(stamp)] += Int32(clamping: blocks)
        lastUse[Self.slot(stamp)] = now
        total += blocks
        if counts[Self.slot(stamp)] >= width { close(now) }
        if let capacity { shrink(to: capacity) }
        return stamp
    }

    /// Blocks with this stamp are no longer remembered.
    mutating func drop(_ blocks: Int, stamped generation: UInt32) {
        guard generation >= oldest, !counts.isEmpty else { return }
        counts[Self.slot(generation)] -= Int32(clamping: blocks)
        total -= blocks
    }

    mutating func setCapacity(_ blocks: Int?) {
        capacity = blocks
        if let blocks { shrink(to: blocks) }
    }

    /// Keeps the share 0...1 that was used most recently.
    mutating func keep(_ share: Double) {
        guard total > 0 else { return }
        shrink(to: Int(Double(total) * min(1, max(0, share))))
    }

    mutating func forget() {
        guard !counts.isEmpty else { return }
        while oldest <= current { dropOldest() }
        open(at: lastUse[Self.slot(current)])
    }

    /// Without a known capacity, what was not used for the time to live goes.
    mutating func expire(_ now: UInt32) {
        guard capacity == nil, !counts.isEmpty else { return }
        while oldest < current, age(of: oldest, now) >= Self.timeToLive { dropOldest() }
        if oldest == current, total > 0, age(of: current, now) >= Self.timeToLive { forget() }
    }

    /// Whole generations go, as many as come nearest.
    private mutating func shrink(to blocks: Int) {
        guard !counts.isEmpty else { return }
        while oldest < current, total - Int(counts[Self.slot(oldest)]) / 2 > blocks { dropOldest() }
        if oldest == current, total / 2 > blocks || blocks == 0 { forget() }
    }

    private mutating func dropOldest() {
        total -= Int(counts[Self.slot(oldest)])
        counts[Self.slot(oldest)] = 0
        oldest += 1
    }

    private mutating func close(_ now: UInt32) {
        if current - oldest >= UInt32(Self.window) - 1 { dropOldest() }
        open(at: now)
    }

    private mutating func open(at now: UInt32) {
        current += 1
        counts[Self.slot(current)] = 0
        lastUse[Self.slot(current)] = now
        began = now
    }
}
