import GatewayCore

/// The fields of one event as they come, in the words of vLLM and SGLang.
struct KVEventFields {
    enum Name {
        case type, hashes, parent, tokens, blockSize, loraID, medium, loraName, extraKeys, group, kind,
            locality
        case salt

        private static let keys: [(String, Name)] = [
            ("type", .type), ("block_hashes", .hashes), ("parent_block_hash", .parent),
            ("token_ids", .tokens),
            ("block_size", .blockSize), ("lora_id", .loraID), ("medium", .medium), ("lora_name", .loraName),
            ("extra_keys", .extraKeys), ("group_idx", .group), ("kv_cache_spec_kind", .kind),
            ("locality", .locality), ("cache_salt", .salt),
        ]

        /// The field of a map's key; nil: unknown.
        init?(_ range: Range<Int>, _ bytes: Span<UInt8>) {
            for (key, name) in Self.keys where MessagePackScan.equals(range, key, bytes) {
                self = name
                return
            }
            return nil
        }
    }

    /// Of one block, each part hashed; LoRA's name among them.
    struct ExtraKeys {
        var parts: [UInt64] = []
    }

    var type = ""
    var hashes: [KVBlockHash] = []
    var parent: KVBlockHash?
    var tokens: [UInt32] = []
    var blockSize = 0
    var loraID: Int?
    var medium: String?
    var loraName: String?
    var extraKeys: [ExtraKeys] = []
    var group: Int?
    var kind: String?
    var locality: String?
    var salt: String?

    /// The order of an array's elements behind its tag; nil: one that says nothing here (the window's size).
    static func order(of type: String) -> [Name?] {
        switch type {
        case "BlockStored":
            [
                .hashes, .parent, .tokens, .blockSize, .loraID, .medium, .loraName, .extraKeys, .group, .kind,
                nil, .locality,
            ]
        case "BlockRemoved": [.hashes, .medium, .group, .locality]
        default: []
        }
    }

    /// nil: it says nothing of the device's cache.
    var event: KVEvent? {
        switch type {
        case "AllBlocksCleared": return .cleared
        case "BlockRemoved" where isOnDevice: return .removed(hashes, group: group)
        case "BlockStored" where isOnDevice && keepsEveryBlock: return .stored(stored)
        default: return nil
        }
    }

    private var isOnDevice: Bool {
        (medium == nil || medium == "GPU") && (locality == nil || locality == "LOCAL")
    }

    /// Sliding windows and state-space layers keep only the last blocks of a prefix: their caches say nothing of its start.
    private var keepsEveryBlock: Bool {
        guard let kind else { return true }
        return kind.hasPrefix("full") || kind.hasPrefix("mla")
    }

    private var stored: KVStoredBlocks {
        var blocks = KVStoredBlocks()
        blocks.hashes = hashes
        blocks.parent = parent
        blocks.tokens = tokens
        blocks.blockSize = blockSize
        // vLLM before 0.14 tells the adapter's number alone.
        blocks.adapter = loraName ?? loraID.map { "lora \($0)" }
        blocks.group = group
        let adapter = loraName.map { PromptHash.of(text: $0) }
        var extras = extraKeys.prefix(hashes.count).map { Self.identity($0.parts.filter { $0 != adapter }) }
        if let salt, parent == nil, extras.allSatisfy({ $0 == 0 }) {
            extras = Array(repeating: 0, count: hashes.count)
            if !extras.isEmpty { extras[0] = PromptHash.of(text: salt) }
        }
        blocks.extras = extras.allSatisfy { $0 == 0 } ? [] : extras
        if !blocks.extras.isEmpty, blocks.extras.count < hashes.count {
            blocks.extras += Array(repeating: 0, count: hashes.count - blocks.extras.count)
        }
        return blocks
    }

    /// A cache salt alone is the hash of its text, as whoever knows the salt makes it too.
    private static func identity(_ parts: [UInt64]) -> UInt64 {
        guard let first = parts.first else { return 0 }
        return parts.dropFirst().reduce(first) { PromptHash.combine($0, $1) }
    }
}
