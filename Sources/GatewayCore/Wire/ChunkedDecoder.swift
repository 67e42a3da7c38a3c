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
        case size, extensionText, sizeLF, data, dataCR, dataLF, trailer, trailerName, trailerValue, trailerLF,
            endLF,
            ended
    }
    private var state = State.size
    private var left = 0
    private var digits: UInt8 = 0
    /// Bytes of this chunk's extension so far.
    private var extensionBytes: UInt16 = 0
    /// Bytes of extensions and trailers so far.
    private var overhead: UInt16 = 0

    /// Of extensions and trailers in a whole body.
    package static let overheadLimit = 4096
    package static let extensionLimit = 256

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
            extensionBytes &+= 1
            if overhead > Self.overheadLimit || extensionBytes > Self.extensionLimit {
                return "chunk extensions are too long"
            }
            if c == 0x0D {
                state = .sizeLF
            } else if HeaderLines.isControl(c) {
                return "a chunk size line must end in CR LF and have no control characters"
            }
        case .sizeLF:
            guard c == 0x0A else { return "a chunk size line must end in CR LF" }
            state = left == 0 ? .trailer : .data
            digits = 0
            extensionBytes = 0
        case .dataCR:
            guard c == 0x0D else { return "chunk data must be followed by CR LF" }
            state = .dataLF
        case .dataLF:
            guard c == 0x0A else { return "chunk data must be followed by CR LF" }
            state = .size
        case .trailer, .trailerName, .trailerValue, .trailerLF: return takeTrailer(c)
        case .endLF:
            guard c == 0x0A else { return "the last chunk must end in CR LF" }
            state = .ended
        case .data, .ended: break
        }
        return nil
    }

    /// Trailers are field lines like those of a head and just as strict; nobody here reads them.
    private mutating func takeTrailer(_ c: UInt8) -> StaticString? {
        overhead &+= 1
        if overhead > Self.overheadLimit { return "trailers are too long" }
        switch state {
        case .trailer where c == 0x0D: state = .endLF
        case .trailer where ByteSet.token.contains(c): state = .trailerName
        case .trailerName where c == 0x3A: state = .trailerValue
        case .trailerName where ByteSet.token.contains(c): break
        case .trailerValue where c == 0x0D: state = .trailerLF
        case .trailerValue where !HeaderLines.isControl(c): break
        case .trailerLF where c == 0x0A: state = .trailer
        default: return "a trailer must be a name, a colon and a value and end in CR LF"
        }
        return nil
    }

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
