import Testing

@testable import GatewayCore

struct ByteSetTests {
    private func members(_ set: ByteSet) -> String {
        String(decoding: (UInt8.min...UInt8.max).filter { set.contains($0) }, as: UTF8.self)
    }

    private let digits = "0123456789"
    private let upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    private let lower = "abcdefghijklmnopqrstuvwxyz"

    @Test func `each set has the characters that its RFC names, and no others`() {
        func sorted(_ text: String) -> String { String(text.sorted { $0.asciiValue! < $1.asciiValue! }) }
        #expect(members(.digits) == digits)
        #expect(members(.unreserved) == sorted(digits + upper + lower + "-._~"))
        #expect(members(.address) == sorted(digits + "abcdefABCDEF:."))
        #expect(members(.token) == sorted(digits + upper + lower + "!#$%&'*+-.^_`|~"))
        let visible = String(decoding: Array(UInt8(0x21)...0x7E), as: UTF8.self)
        #expect(members(.target) == visible.filter { $0 != "#" && $0 != "\\" })
    }

    @Test func `the first byte outside a set is found in a range alone`() {
        let raw = bytes("12x45y")
        let (first, second, none) = (
            raw.span.bytes.first(in: 0..<6, outside: .digits),
            raw.span.bytes.first(in: 3..<6, outside: .digits),
            raw.span.bytes.first(in: 3..<5, outside: .digits)
        )
        #expect(first == 2 && second == 5 && none == nil)
    }
}
