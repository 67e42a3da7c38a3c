/// How a node's KV events are doing.
package struct KVFeedStatus: Sendable, Equatable, Codable {
    /// The publisher is connected.
    package var isLive = false
    /// Everything in the engine's cache is known; else only what was stored since `isLive`, and nothing else is not there.
    package var isWhole = false
    /// Tokens in one of the engine's blocks; nil: not told yet.
    package var blockSize: Int?
    /// Blocks that the node holds.
    package var blocks = 0
    /// Batches taken.
    package var batches = 0
    /// Times that sequence numbers jumped.
    package var gaps = 0
    /// Gaps and beginnings that the publisher told again.
    package var replays = 0
    /// Batches that are no KV events as they are known here.
    package var undecodable = 0
    /// Events of another tier or group, or of an unknown type.
    package var passedOver = 0
    /// Blocks whose parent is not known: what they hold cannot be told.
    package var orphans = 0
    /// Blocks that found no room in memory.
    package var beyondLimit = 0
    /// Times that everything known of the node was dropped.
    package var clears = 0
    /// What went wrong last; nil: nothing is wrong.
    package var problem: String?

    package init() {}
}
