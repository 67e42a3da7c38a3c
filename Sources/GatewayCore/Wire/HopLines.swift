/// Lines of a head that stay here when it is sent on: fields that are for one hop only (RFC 9110 section 7.6.1) and what the
/// gateway writes anew. They are found when the head is parsed, so that the rest is copied without being looked at again.
package struct HopLines: Sendable {
    /// A head with more of them is refused.
    static let limit = 12

    private var lines = InlineArray<12, ByteRange>(repeating: .empty)
    private var count = 0
    /// Bits of those that stay only where the node has a key of its own.
    private var keys: UInt16 = 0

    /// - Parameters:
    ///   - line: behind the last one, its end of line included.
    ///   - isKey: it is the client's key.
    /// - Returns: false when there are too many.
    mutating func append(_ line: Range<Int>, isKey: Bool = false) -> Bool {
        guard count < Self.limit else { return false }
        lines[count] = ByteRange(line)
        if isKey { keys |= 1 << UInt16(count) }
        count += 1
        return true
    }

    /// What to keep of the lines in a range, in runs.
    /// - Parameter replacesKey: the client's key stays here too.
    @inline(__always)
    package func rest(of all: Range<Int>, replacesKey: Bool = false, _ run: (Range<Int>) -> Void) {
        var start = all.lowerBound
        for place in 0..<count where replacesKey || keys & 1 << UInt16(place) == 0 {
            let line = lines[place].range
            if start < line.lowerBound { run(start..<line.lowerBound) }
            start = line.upperBound
        }
        if start < all.upperBound { run(start..<all.upperBound) }
    }

    /// Fields of requests and responses alike; of the body's framing, which is made anew, too.
    @inline(__always)
    static func isForOneHop(_ name: Range<Int>, in bytes: RawSpan) -> Bool {
        switch name.count {
        case 7: bytes.equals(name, lowercased: "trailer") || bytes.equals(name, lowercased: "upgrade")
        case 10: bytes.equals(name, lowercased: "connection") || bytes.equals(name, lowercased: "keep-alive")
        case 14: bytes.equals(name, lowercased: "content-length")
        case 16: bytes.equals(name, lowercased: "proxy-connection")
        case 17: bytes.equals(name, lowercased: "transfer-encoding")
        default: false
        }
    }

    /// What goes no further of a request only: also X-Conversation-Id, with which llama.cpp goes on generating after its
    /// client has left.
    @inline(__always)
    static func isOfRequestsOnly(_ name: Range<Int>, in bytes: RawSpan) -> Bool {
        switch name.count {
        case 2: bytes.equals(name, lowercased: "te")
        case 4: bytes.equals(name, lowercased: "host")
        case 6: bytes.equals(name, lowercased: "expect")
        case 17: bytes.equals(name, lowercased: "x-conversation-id")
        case 19: bytes.equals(name, lowercased: "proxy-authorization")
        default: false
        }
    }
}
