/// What an engine calls a block of its KV cache. Engines send numbers of 64 bits or whole digests; both are kept exact.
package enum KVBlockHash: Sendable, Hashable {
    /// A signed number by its bits.
    case number(UInt64)
    case bytes([UInt8])

    /// In 64 bits: equal for equal ones, and as good as never for others.
    package var short: UInt64 {
        switch self {
        case .number(let value): value
        case .bytes(let bytes):
            bytes.reduce(UInt64(bytes.count)) { PromptHash.combine($0, UInt64($1)) }
        }
    }
}

/// Blocks that follow one another and are in an engine's KV cache now.
package struct KVStoredBlocks: Sendable, Equatable {
    package var hashes: [KVBlockHash] = []
    /// The block before the first one; nil: the first one begins a prompt.
    package var parent: KVBlockHash?
    /// `blockSize` for each block.
    package var tokens: [UInt32] = []
    package var blockSize = 0
    /// The LoRA adapter's name; nil: the model itself.
    package var adapter: String?
    /// What else is a part of a block's identity (a cache salt, an image), hashed, for each block; 0: nothing. Empty: none has
    /// anything.
    package var extras: [UInt64] = []
    /// Which of a hybrid model's caches; nil: it has one.
    package var group: Int?

    package init() {}
}

/// News of an engine's KV cache on its device.
package enum KVEvent: Sendable, Equatable {
    case stored(KVStoredBlocks)
    case removed([KVBlockHash], group: Int?)
    case cleared
}
