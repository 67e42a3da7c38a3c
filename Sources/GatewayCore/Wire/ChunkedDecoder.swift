/// Takes the chunked transfer coding (RFC 9112 section 7.1) apart, over any split of the bytes.
///
/// Pure: it is fed bytes and says which of them are data.
package struct ChunkedDecoder: Sendable {
    package enum Step: Sendable {
        /// These bytes are data; call again behind them.
        case data(Range<Int>)
        /// The last chunk and the trailers are complete; the offset behind them.
        case end(Int)
        /// All bytes are used up.
        case needsMore
        case malformed(StaticString)
    }

    private enum State: UInt8 {
        case size, extensionText, sizeLF, data, dataCR, dataLF, trailer, trailerLine, trailerLF, endLF, ended
    }
    private var state = State.size
    private var left = 0
    private var digits: UInt8 = 0
    /// Bytes of extensions and trailers so far; bounded.
    private var overhead: UInt16 = 0

    package init() {}

    package var hasEnded: Bool { state == .ended }

    /// Reads on from `offset`, which it moves.
    package mutating func next(_ bytes: RawSpan, _ offset: inout Int) -> Step {
        let count = bytes.byteCount
        while offset < count {
            if state == .data {
                let end = min(count, offset &+ left)
                let range = offset..<end
                left -= range.count
                offset = end
                if left == 0 { state = .dataCR }
                return .data(range)
            }
            let c = bytes.byte(offset)
            offset &+= 1
            if let problem = take(c) { return .malformed(problem) }
            if state == .ended { return .end(offset) }
        }
        return .needsMore
    }

    private mutating func take(_ c: UInt8) -> StaticString? {
        switch state {
        case .size: return takeSize(c)
        case .extensionText:
            overhead &+= 1
            if overhead > 4096 { return "chunk extensions are too long" }
            if c == 0x0D {
                state = .sizeLF
            } else if Self.isControl(c) {
                return "a chunk size line must end in CR LF and have no control characters"
            }
        case .sizeLF:
            guard c == 0x0A else { return "a chunk size line must end in CR LF" }
            state = left == 0 ? .trailer : .data
            digits = 0
        case .dataCR:
            guard c == 0x0D else { return "chunk data must be followed by CR LF" }
            state = .dataLF
        case .dataLF:
            guard c == 0x0A else { return "chunk data must be followed by CR LF" }
            state = .size
        case .trailer:
            if c != 0x0D, Self.isControl(c) { return "a trailer line begins with a control character" }
            state = c == 0x0D ? .endLF : .trailerLine
            overhead &+= 1
        case .trailerLine:
            overhead &+= 1
            if overhead > 4096 { return "trailers are too long" }
            if c == 0x0D {
                state = .trailerLF
            } else if Self.isControl(c) {
                return "a trailer line must end in CR LF and have no control characters"
            }
        case .trailerLF:
            guard c == 0x0A else { return "a trailer line must end in CR LF" }
            state = .trailer
        case .endLF:
            guard c == 0x0A else { return "the last chunk must end in CR LF" }
            state = .ended
        case .data, .ended: break
        }
        return nil
    }

    /// What a lenient reader behind the gateway might take for the end of a line.
    private static func isControl(_ c: UInt8) -> Bool { c < 0x20 && c != 0x09 || c == 0x7F }

    private mutating func takeSize(_ c: UInt8) -> StaticString? {
        let value: Int
        switch c {
        case 0x30...0x39: value = Int(c) - 0x30
        case 0x61...0x66: value = Int(c) - 0x57
        case 0x41...0x46: value = Int(c) - 0x37
        case 0x0D where digits > 0:
            state = .sizeLF
            return nil
        case 0x3B where digits > 0:
            state = .extensionText
            return nil
        default: return "a chunk must begin with its size in hexadecimal digits"
        }
        digits += 1
        guard digits <= 12 else { return "a chunk size is too large" }
        left = left * 16 + value
        return nil
    }
}
