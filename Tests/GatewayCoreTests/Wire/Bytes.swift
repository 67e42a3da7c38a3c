import GatewayCore

/// Bytes for tables by hand.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

extension [UInt8] {
    /// The text of a range, as the gateway reads it.
    func text(_ range: Range<Int>) -> String { span.bytes.text(range) }

    /// One to four seeded accidents: a byte changed, dropped or doubled, or the end cut off.
    func mutated(_ random: inout SplitMix64) -> [UInt8] {
        var copy = self
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            guard !copy.isEmpty else { return copy }
            let place = Int.random(in: 0..<copy.count, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: copy.remove(at: place)
            case 1: copy.insert(copy[place], at: place)
            case 2: copy.removeSubrange(place...)
            case 3: copy[place] = Array("\r\n\t\"\\{}[]:, 0\0".utf8).randomElement(using: &random)!
            default: copy[place] = UInt8.random(in: 0...255, using: &random)
            }
        }
        return copy
    }

    /// The bytes in seeded pieces of 1 to `longest`.
    func pieces(longest: Int, _ random: inout SplitMix64) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var start = 0
        while start < count {
            let end = Swift.min(count, start + Int.random(in: 1...longest, using: &random))
            parts.append([UInt8](self[start..<end]))
            start = end
        }
        return parts
    }
}
