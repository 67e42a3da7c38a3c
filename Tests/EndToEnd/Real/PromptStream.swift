import GatewayCore

/// Seeded prompts as chats make them: a few system prompts of which many share a part; conversations that grow; and prompts
/// that nobody sent before.
struct PromptStream {
    private var random: SplitMix64
    private var systems: [String] = []
    private var conversations: [String] = []
    /// All lengths, also those of what is shared, are multiples of it.
    private let unit: Int

    init(seed: UInt64, unit: Int) {
        random = SplitMix64(seed: seed)
        self.unit = unit
        systems = (0..<6).map { _ in text(1_000...6_000) }
    }

    private mutating func text(_ lengths: ClosedRange<Int>) -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyz ")
        return String((0..<length(lengths)).map { _ in letters.randomElement(using: &random)! })
    }

    private mutating func length(_ lengths: ClosedRange<Int>) -> Int {
        Int.random(in: lengths, using: &random) / unit * unit
    }

    mutating func next() -> String {
        switch Double.random(in: 0..<1, using: &random) {
        case ..<0.25:
            let system = systems.randomElement(using: &random)!
            let share = length(0...system.count)
            conversations.append(system.prefix(share) + text(200...4_000))
            return conversations.last!
        case ..<0.35:
            return text(200...6_000)
        default:
            guard let place = conversations.indices.randomElement(using: &random) else {
                return text(200...6_000)
            }
            conversations[place] += text(50...1_000)
            return conversations[place]
        }
    }
}
