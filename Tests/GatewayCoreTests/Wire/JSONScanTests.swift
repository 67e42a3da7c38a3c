import GatewayCore
import Testing

private let deep = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)

struct JSONScanTests {
    private func value(_ text: String) -> String? {
        let raw = bytes(text)
        var scan = JSONScan()
        guard let range = scan.value(raw.span.bytes) else { return nil }
        #expect(scan.offset == range.upperBound)
        return raw.text(range)
    }

    @Test(arguments: [
        ("  \"a\\\"b\" ,", "\"a\\\"b\""), ("\"\\\\\" x", "\"\\\\\""), ("-1.5e3,", "-1.5e3"),
        ("true}", "true"),
        ("null]", "null"), ("{\"a\":[1,{\"b\":\"}]\"}]} tail", "{\"a\":[1,{\"b\":\"}]\"}]}"), ("[] ", "[]"),
        ("\"\"", "\"\""), (deep, deep),
    ])
    func `a value is found to its end`(text: String, found: String) { #expect(value(text) == found) }

    @Test(arguments: [
        "", "  ", "\"abc", "\"abc\\\"", "{\"a\":1", "[\"]", "]", ",", ":", "x", "[}", "{]", "[{]}", "1\"2\"",
        "true:",
        String(repeating: "[", count: 129) + String(repeating: "]", count: 129),
    ])

    func `what does not end or begin is no value`(text: String) { #expect(value(text) == nil) }

    @Test(arguments: [
        ("0", 0), ("42,", 42), ("123456789012345", 123_456_789_012_345), ("1234567890123456", nil),
        ("-1", nil),
        ("", nil), ("x", nil), ("\"1\"", nil), ("1e3", nil), ("1.0", nil), ("1E3,", nil), ("1x", nil),
        ("7}", 7),
        ("7]", 7), ("7 ", 7), ("7\n", 7),
    ])
    func `an integer is told from everything else`(text: String, number: Int?) {
        let raw = bytes(text)
        let found = JSONScan.integer(raw.span.bytes, 0..<raw.count)
        #expect(found == number)
    }

    @Test func `a string of any length ends at its first quote with an even number of backslashes before it`()
    {
        var random = SplitMix64(seed: 5)
        for _ in 0..<20_000 {
            let length = Int.random(in: 0...40, using: &random)
            let raw = (0..<length).map { _ in Array("\"\\!#[]ab\u{7F}\0".utf8).randomElement(using: &random)!
            }
            var end: Int?
            var slashes = 0
            for (place, byte) in raw.enumerated() {
                if byte == 0x22, slashes % 2 == 0 {
                    end = place
                    break
                }
                slashes = byte == 0x5C ? slashes + 1 : 0
            }
            let found = JSONScan.stringEnd(raw.span.bytes, from: 0)
            #expect(found == end, "\(raw)")
        }
    }

    @Test func `accidents never lead beyond the bytes`() {
        var random = SplitMix64(seed: 4)
        let raw = bytes(#"{"a": [1, "x\\\"y", {"b": null}], "c": "\u00e9", "d": -1.5}"#)
        for _ in 0..<4000 {
            let broken = raw.mutated(&random)
            var scan = JSONScan()
            let range = scan.value(broken.span.bytes)
            #expect(scan.offset <= broken.count)
            if let range { #expect(range.upperBound <= broken.count) }
        }
    }
}
