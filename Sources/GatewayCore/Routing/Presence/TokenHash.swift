/// A hash of a prompt's tokens from the first on, made longer token by token: equal hashes mean equal beginnings, whatever
/// the size of an engine's blocks. Keyed by a secret of the process, so that nobody outside can make collisions.
struct TokenHash: Sendable, Equatable {
    private(set) var value: UInt64

    /// Of no token.
    /// - Parameters:
    ///   - adapter: `PromptHash.of` the LoRA adapter's name; 0: the model itself.
    init(key: UInt64, adapter: UInt64) {
        value = adapter == 0 ? key : PromptHash.combine(key, adapter)
    }

    init(_ value: UInt64) { self.value = value }

    mutating func append(_ token: UInt32) {
        let product = (value ^ UInt64(token)).multipliedFullWidth(by: 0x9e37_79b9_7f4a_7c15)
        value = product.high ^ product.low &+ 0xd1b5_4a32_d192_ed03
    }

    /// What else makes a block's identity; 0: nothing.
    mutating func append(extra: UInt64) {
        if extra != 0 { value = PromptHash.combine(value, extra) }
    }
}
