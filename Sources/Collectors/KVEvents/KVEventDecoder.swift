import GatewayCore

/// Reads what vLLM and SGLang publish of their KV caches.
///
/// A payload is an array `[time, [event, ...], data-parallel rank?]`. An event is an array with its tag first
/// (vLLM to 0.23, SGLang to 0.5.19) or a map with "type" (later ones); unknown keys and elements are passed over. Fields and
/// their order: vLLM 0.8.5 to 0.33 `distributed/kv_events.py`, SGLang 0.4.10 to 0.5.23 `disaggregation/kv_events.py`.
struct KVEventDecoder {
    /// What was understood of one payload.
    struct Batch: Equatable {
        var events: [KVEvent] = []
        /// Events that say nothing of the device's cache: another tier's, a sliding window's, or of an unknown type.
        var passedOver = 0
    }

    private let payload: [UInt8]
    private var scan = MessagePackScan()

    static func decode(_ payload: [UInt8]) throws(MessagePackError) -> Batch {
        var decoder = KVEventDecoder(payload: payload)
        return try decoder.batch()
    }

    private init(payload: [UInt8]) { self.payload = payload }

    private mutating func batch() throws(MessagePackError) -> Batch {
        guard case .array(let parts) = try next(), parts >= 2 else { throw unexpected }
        try skip()  // the time
        var batch = Batch()
        for _ in 0..<(try arrayCount()) {
            if let event = try event() { batch.events.append(event) } else { batch.passedOver += 1 }
        }
        for _ in 2..<parts { try skip() }
        return batch
    }

    /// nil: it is passed over.
    private mutating func event() throws(MessagePackError) -> KVEvent? {
        var fields = KVEventFields()
        switch try next() {
        case .map(let count):
            for _ in 0..<count {
                guard case .text(let name) = try next() else { throw unexpected }
                try read(KVEventFields.Name(name, payload.span), into: &fields)
            }
        case .array(let count) where count > 0:
            try read(.type, into: &fields)
            let order = KVEventFields.order(of: fields.type)
            for index in 0..<(count - 1) {
                try read(index < order.count ? order[index] : nil, into: &fields)
            }
        default: throw unexpected
        }
        guard let event = fields.event else { return nil }
        if case .stored(let blocks) = event, !blocks.isWhole { throw unexpected }
        return event
    }

    private mutating func read(_ name: KVEventFields.Name?, into fields: inout KVEventFields)
        throws(MessagePackError)
    {
        switch name {
        case .type: fields.type = try text() ?? ""
        case .hashes: fields.hashes = try hashes()
        case .parent: fields.parent = try hash()
        case .tokens: fields.tokens = try tokens()
        case .blockSize: fields.blockSize = try whole() ?? 0
        case .loraID: fields.loraID = try whole()
        case .medium: fields.medium = try text()
        case .loraName: try readLoraName(into: &fields)
        case .extraKeys: fields.extraKeys = try extraKeys()
        case .group: fields.group = try whole()
        case .kind: fields.kind = try text()
        case .locality: fields.locality = try text()
        case .salt: fields.salt = try text()
        case nil: try skip()
        }
    }

    /// SGLang's arrays have a map of metadata in the place of vLLM's lora_name.
    private mutating func readLoraName(into fields: inout KVEventFields) throws(MessagePackError) {
        let start = scan
        switch try next() {
        case .text(let range): fields.loraName = try MessagePackScan.text(range, payload.span)
        case .map(let count):
            for _ in 0..<count {
                guard case .text(let name) = try next() else { throw unexpected }
                if MessagePackScan.equals(name, "cache_salt", payload.span) {
                    fields.salt = try text()
                } else {
                    try skip()
                }
            }
        default:
            scan = start
            try skip()
        }
    }

    // MARK: values

    private var unexpected: MessagePackError { MessagePackError(reason: .unexpected, offset: scan.offset) }
    private mutating func next() throws(MessagePackError) -> MessagePackScan.Value {
        let payload = payload
        return try scan.next(payload.span)
    }
    private mutating func skip() throws(MessagePackError) {
        let payload = payload
        try scan.skip(payload.span)
    }

    private mutating func arrayCount() throws(MessagePackError) -> Int {
        guard case .array(let count) = try next() else { throw unexpected }
        return count
    }

    /// nil for null and for a value of another kind, which belongs to a release that is not known here.
    private mutating func text() throws(MessagePackError) -> String? {
        let start = scan
        if case .text(let range) = try next() { return try MessagePackScan.text(range, payload.span) }
        scan = start
        try skip()
        return nil
    }

    private mutating func whole() throws(MessagePackError) -> Int? {
        let start = scan
        if case .unsigned(let value) = try next() { return Int(exactly: value) }
        scan = start
        try skip()
        return nil
    }

    private mutating func hashes() throws(MessagePackError) -> [KVBlockHash] {
        let count = try arrayCount()
        var hashes: [KVBlockHash] = []
        hashes.reserveCapacity(count)
        for _ in 0..<count {
            guard let hash = try hash() else { throw unexpected }
            hashes.append(hash)
        }
        return hashes
    }

    private mutating func hash() throws(MessagePackError) -> KVBlockHash? {
        switch try next() {
        case .null: nil
        case .unsigned(let value): .number(value)
        case .negative(let value): .number(UInt64(bitPattern: value))
        case .bytes(let range), .text(let range): .bytes(range.map { payload[$0] })
        default: throw unexpected
        }
    }

    /// With EAGLE, SGLang's tokens are pairs of one and the next: the first of each is meant.
    private mutating func tokens() throws(MessagePackError) -> [UInt32] {
        let count = try arrayCount()
        var tokens: [UInt32] = []
        tokens.reserveCapacity(count)
        for _ in 0..<count {
            switch try next() {
            case .unsigned(let value): tokens.append(UInt32(truncatingIfNeeded: value))
            case .array(let parts) where parts > 0:
                guard case .unsigned(let value) = try next() else { throw unexpected }
                tokens.append(UInt32(truncatingIfNeeded: value))
                for _ in 1..<parts { try skip() }
            default: throw unexpected
            }
        }
        return tokens
    }

    // MARK: extra keys

    /// For each block what else makes its identity, hashed; 0: nothing.
    private mutating func extraKeys() throws(MessagePackError) -> [KVEventFields.ExtraKeys] {
        let start = scan
        guard case .array(let count) = try next() else {
            scan = start
            try skip()
            return []
        }
        var list: [KVEventFields.ExtraKeys] = []
        list.reserveCapacity(count)
        for _ in 0..<count {
            let start = scan
            var keys = KVEventFields.ExtraKeys()
            if case .array(let parts) = try next() {
                for _ in 0..<parts { keys.parts.append(try part(depth: 0)) }
            } else {
                scan = start
                try skip()
            }
            list.append(keys)
        }
        return list
    }

    private mutating func part(depth: Int) throws(MessagePackError) -> UInt64 {
        guard depth < MessagePackScan.depthLimit else {
            throw MessagePackError(reason: .tooDeep, offset: scan.offset)
        }
        switch try next() {
        case .text(let range):
            return PromptHash.of(text: try MessagePackScan.text(range, payload.span))
        case .bytes(let range): return hash(of: range)
        case .unsigned(let value): return PromptHash.combine(value, 2)
        case .negative(let value): return PromptHash.combine(UInt64(bitPattern: value), 2)
        case .real(let value): return PromptHash.combine(value.bitPattern, 3)
        case .bool(let value): return PromptHash.combine(value ? 1 : 0, 4)
        case .null: return PromptHash.combine(0, 5)
        case .other(let type, let range):
            return PromptHash.combine(hash(of: range), UInt64(UInt8(bitPattern: type)))
        case .array(let count): return try parts(count, depth)
        case .map(let count): return try parts(2 * count, depth)
        }
    }

    private func hash(of range: Range<Int>) -> UInt64 {
        KVBlockHash.bytes(range.map { payload[$0] }).short
    }

    private mutating func parts(_ count: Int, _ depth: Int) throws(MessagePackError) -> UInt64 {
        var hash: UInt64 = 6
        for _ in 0..<count { hash = PromptHash.combine(hash, try part(depth: depth + 1)) }
        return hash
    }
}

extension KVStoredBlocks {
    /// The tokens of every block are there.
    fileprivate var isWhole: Bool {
        !hashes.isEmpty && blockSize > 0 && tokens.count / blockSize == hashes.count
            && tokens.count % blockSize == 0
    }
}
