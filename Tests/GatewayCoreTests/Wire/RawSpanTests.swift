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

    @Test
    func `a plain string ends at its quote, and is not plain with an escape, a control or a wide character`()
    {
        for length in 0...20 {
            let inside = [UInt8](repeating: 0x61, count: length)
            let plain = inside + bytes("\" 1")
            #expect(plain.span.bytes.plainStringEnd(from: 0) == length)
            #expect(inside.span.bytes.plainStringEnd(from: 0) == nil)
            for odd in [UInt8(0x5C), 0x00, 0x09, 0x0A, 0x1F, 0x80, 0xFF] {
                #expect((inside + [odd] + plain).span.bytes.plainStringEnd(from: 0) == nil, "\(odd)")
            }
            for usual in [UInt8(0x20), 0x21, 0x23, 0x5B, 0x5D, 0x7F] {
                let text = inside + [usual] + plain
                #expect(text.span.bytes.plainStringEnd(from: 0) == 2 * length + 1, "\(usual)")
            }
        }
    }

    @Test func `bytes are the same as far as they are, over every length and place`() {
        var random = SplitMix64(seed: 7)
        for _ in 0..<2000 {
            let common = (0..<Int.random(in: 0...1200, using: &random)).map { _ in UInt8(random.next() & 3) }
            let mine = bytes("12") + common + (0..<Int(random.next() % 20)).map { _ in UInt8(8) }
            let theirs = bytes("3") + common + (0..<Int(random.next() % 20)).map { _ in UInt8(9) }
            #expect(mine.sameCount(2..., as: theirs.span.bytes, at: 1) == common.count)
        }
    }
}
