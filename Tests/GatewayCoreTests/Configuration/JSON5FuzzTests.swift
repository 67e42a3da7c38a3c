import GatewayCore
import Testing

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same test.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

private let sample = """
    // a fleet
    {
      listen: "127.0.0.1:8080", /* the door */ 'admin': null,
      nodes: [
        {name: 'a', url: "http://h:1", weight: 0x64, zone: 'é\\u00e9\\x41', on: true},
        {name: "b\\
    c", n: -1.5e+3, i: +Infinity, x: NaN, },
      ],
      deep: [[[{}]]],
    }

    """

struct JSON5FuzzTests {
    /// A text without errors has no invalid value, and the places of errors lie inside the text.
    private func check(_ bytes: [UInt8]) {
        let document = JSON5.parse(bytes)
        let lineCount = bytes.count { $0 == 10 || $0 == 13 } + 1
        #expect(!document.errors.isEmpty || !hasInvalid(document.value))
        for error in document.errors {
            #expect((1...lineCount).contains(error.position.line) && error.position.column >= 1)
            #expect(!error.message.isEmpty && !error.remedy.isEmpty)
        }
        #expect(document.errors == document.errors.sorted { $0.position < $1.position })
    }

    private func hasInvalid(_ value: JSON5Value) -> Bool {
        switch value.kind {
        case .invalid: true
        case .array(let values): values.contains(where: hasInvalid)
        case .object(let members): members.contains { hasInvalid($0.value) }
        case .null, .bool, .number, .string: false
        }
    }

    @Test func `the sample cut off at every byte gives an error, never a crash`() {
        let bytes = Array(sample.utf8)
        #expect(JSON5.parse(bytes).errors.isEmpty)
        let end = bytes.lastIndex(of: UInt8(ascii: "}")) ?? 0
        for length in 0...end {
            check(Array(bytes[..<length]))
            #expect(!JSON5.parse(Array(bytes[..<length])).errors.isEmpty)
        }
    }

    @Test func `the sample with any byte changed, dropped or doubled never crashes`() {
        let bytes = Array(sample.utf8)
        let replacements = Array("{}[]:,'\"\\/*+-.0xu\n\r a".utf8) + [0, 0x80, 0xC3, 0xFF]
        for index in bytes.indices {
            for replacement in replacements {
                var changed = bytes
                changed[index] = replacement
                check(changed)
            }
            var dropped = bytes
            dropped.remove(at: index)
            check(dropped)
            var doubled = bytes
            doubled.insert(bytes[index], at: index)
            check(doubled)
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `random soup of the language's own pieces never crashes`(seed: UInt64) {
        var random = SeededGenerator(state: seed)
        let pieces = [
            "{", "}", "[", "]", ":", ",", "'", "\"", "\\", "\\u", "//", "/*", "*/", "\n", "a", "1", "-", "0x",
            "NaN",
            "true", " ", "é", "=", "\u{2028}", ".", "e",
        ]
        for _ in 0..<200 {
            let count = Int.random(in: 0..<60, using: &random)
            let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            check(Array(text.utf8))
        }
    }
}
