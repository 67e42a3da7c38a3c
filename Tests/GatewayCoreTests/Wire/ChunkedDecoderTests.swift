import GatewayCore
import Testing

/// All that a decoder says of bytes that come in pieces.
struct Dechunked: Equatable {
    var data: [UInt8] = []
    var hasEnded = false
    var isMalformed = false
    /// Bytes up to the end or the fault, that byte included.
    var used = 0

    init(_ pieces: [[UInt8]]) {
        var decoder = ChunkedDecoder()
        for piece in pieces {
            var offset = 0
            reading: while true {
                let before = offset
                switch decoder.next(piece.span.bytes, &offset) {
                case .data(let range):
                    #expect(range.lowerBound >= before && range.upperBound <= piece.count)
                    data += piece[range]
                case .end(let end):
                    #expect(end == offset && end <= piece.count)
                    hasEnded = true
                    used += offset
                    return
                case .malformed:
                    isMalformed = true
                    used += offset
                    return
                case .needsMore:
                    #expect(offset == piece.count)
                    break reading
                }
            }
            used += offset
        }
    }

    init(_ text: String) { self.init([bytes(text)]) }
}

struct ChunkedDecoderTests {
    static let body =
        "5;name=\"a b\"\r\nhello\r\n00A\r\n, world!\r\n\r\n1\r\n.\r\n0\r\nTrailer: x\r\nB: y\r\n\r\n"

    @Test func `chunks, extensions and trailers come apart and the rest is left`() {
        let whole = Dechunked(Self.body + "GET /")
        #expect(String(decoding: whole.data, as: UTF8.self) == "hello, world!\r\n.")
        #expect(whole.hasEnded && whole.used == Self.body.utf8.count)
        #expect(Dechunked("0\r\n\r\n").hasEnded)
    }

    @Test(arguments: [
        "\r\n", "x\r\n", "-1\r\n", "0x5\r\nhello", " 5\r\nhello", "5\nhello", "5 \r\nhello", "5\r\r",
        "5;a\nhello", ";a\r\n",
        "5\r\nhelloX", "5\r\nhello\n", "5\r\nhello\rX", "1000000000000\r\n", "0\r\n\rX", "0\r\nA: b\rX",
        "0\r\n\n", "0\r\nA: b\n\r\n", "0\r\nA\r\n", "0\r\n: b\r\n", "0\r\nA : b\r\n", "0\r\n A: b\r\n",
        "0\r\nA: b\r\n c\r\n",
    ])
    func `what breaks the coding is malformed`(text: String) {
        #expect(Dechunked(text).isMalformed)
    }

    @Test func `endless extensions and trailers are malformed`() {
        let long = String(repeating: "a", count: 5000)
        #expect(Dechunked("5;" + long).isMalformed)
        #expect(Dechunked("0\r\n" + long).isMalformed)
        #expect(Dechunked("0\r\n" + String(repeating: "a:\r\n", count: 3000)).isMalformed)
        #expect(Dechunked("1;" + String(repeating: "a", count: 300)).isMalformed)
        #expect(!Dechunked("1;" + String(repeating: "a", count: 200) + "\r\n").isMalformed)
        let extended = "1;" + String(repeating: "a", count: 200) + "\r\nx\r\n"
        #expect(!Dechunked(String(repeating: extended, count: 20)).isMalformed)
        #expect(Dechunked(String(repeating: extended, count: 30)).isMalformed)
    }

    @Test func `any split says the same`() {
        let raw = bytes(Self.body)
        let whole = Dechunked([raw])
        for cut in 1..<raw.count {
            #expect(Dechunked([Array(raw[..<cut]), Array(raw[cut...])]) == whole, "cut at \(cut)")
        }
        #expect(Dechunked(raw.map { [$0] }) == whole)
    }

    @Test func `accidents too say the same over any split`() {
        var random = SplitMix64(seed: 3)
        let raw = bytes(Self.body)
        for _ in 0..<2000 {
            let broken = raw.mutated(&random)
            #expect(Dechunked(broken.pieces(longest: 9, &random)) == Dechunked([broken]))
        }
    }
}
