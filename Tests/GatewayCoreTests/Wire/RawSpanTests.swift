import GatewayCore
import Testing

struct RawSpanTests {
    @Test func `the last of eight bytes is found in every range, as by comparing at each place`() {
        var random = SplitMix64(seed: 6)
        let key = bytes("\"usage\":")
        let word = key.span.bytes.word(0)
        for _ in 0..<4000 {
            var raw = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                Array("\"use:".utf8).randomElement(using: &random)!
            }
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                raw.insert(contentsOf: key, at: Int.random(in: 0...raw.count, using: &random))
            }
            let lower = Int.random(in: 0...raw.count, using: &random)
            let upper = Int.random(in: lower...raw.count, using: &random)
            let wanted = stride(from: upper - 8, through: lower, by: -1).first {
                [UInt8](raw[$0..<$0 + 8]) == key
            }
            let found = raw.span.bytes.last(word, in: lower..<upper)
            #expect(found == wanted)
        }
    }
}
