import Testing

@testable import Console

struct KeyDecoderTests {
    private func decode(_ text: String, at splits: Set<Int> = []) -> [KeyDecoder.Output] {
        var decoder = KeyDecoder()
        var outputs: [KeyDecoder.Output] = []
        for byte in text.utf8 { outputs += decoder.take([byte]) }
        if let last = decoder.expire() { outputs.append(last) }
        return outputs
    }

    @Test(arguments: [
        ("\u{1B}[A", Key.up), ("\u{1B}OB", .down), ("\u{1B}[1;5C", .right), ("\u{1B}[5~", .pageUp),
        ("\u{1B}[3~", .delete),
        ("\u{1B}[H", .home), ("\u{1B}[4~", .end), ("\u{1B}OP", .function(1)), ("\u{1B}[[A", .function(1)),
        ("\u{1B}[24~", .function(12)), ("\u{1B}[Z", .backTab), ("\r", .enter), ("\t", .tab),
        ("\u{7F}", .backspace),
        ("\u{3}", .control("c")), ("é", .character("é")), ("漢", .character("漢")), ("\u{1B}", .escape),
        (" ", .character(" ")),
    ])
    func `a sequence that comes byte by byte is one key`(_ bytes: String, _ key: Key) {
        #expect(decode(bytes) == [.key(key)])
    }

    @Test func `an arrow key split by a slow line leaves letters that change nothing`() {
        var decoder = KeyDecoder()
        #expect(decoder.take([0x1B]) == [])
        #expect(decoder.expire() == .key(.escape))
        let outputs = decoder.take(Array("[A".utf8))
        #expect(outputs == [.key(.character("[")), .key(.character("A"))])
    }

    @Test func `pasted text is one thing, whatever it holds`() {
        #expect(
            decode("\u{1B}[200~dy\u{1B}[A\nw\u{1B}[201~q") == [
                .paste("dy\u{1B}[A\nw"), .key(.character("q")),
            ])
    }

    @Test(arguments: ["\u{1B}[?1;2c", "\u{1B}[>0;276;0c", "\u{1B}[<2;10;10M", "\u{1B}d", "\u{1B}[99~"])
    func `sequences that are not known and Alt are swallowed whole`(_ bytes: String) {
        let outputs = decode(bytes)
        #expect(
            outputs.allSatisfy { $0 == .key(.enter) } && outputs.count <= 1
                && !outputs.contains(.key(.character("d"))))
    }

    @Test func `any bytes at all give keys and never trap`() {
        var dice = Dice(5)
        var decoder = KeyDecoder()
        for _ in 0..<20_000 {
            let output = decoder.take([UInt8(dice.roll(0...255))])
            #expect(output.count <= 2)
            if dice.roll(0...30) == 0 { _ = decoder.expire() }
        }
    }
}
