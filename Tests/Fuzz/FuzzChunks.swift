private enum End: Equatable { case goesOn, ended, malformed }

/// All that a decoder says of bytes that come in pieces; `used` counts up to the end or the fault.
private func decode(_ bytes: RawSpan, _ pieces: [Range<Int>]) -> (data: [UInt8], end: End, used: Int) {
    var decoder = ChunkedDecoder()
    var data: [UInt8] = []
    for piece in pieces {
        let part = bytes.extracting(piece)
        var offset = 0
        reading: while true {
            let before = offset
            let step = decoder.next(part, &offset)
            rule(offset >= before && offset <= part.byteCount, "within the bytes")
            switch step {
            case .data(let range):
                rule(
                    range.lowerBound >= before && range.upperBound <= offset && !range.isEmpty,
                    "data moves on")
                data += part.array(range)
            case .needsMore:
                rule(offset == part.byteCount, "all is used")
                break reading
            case .end(let end):
                rule(end == offset && decoder.hasEnded, "the end is where it stopped")
                return (data, .ended, piece.lowerBound + offset)
            case .malformed: return (data, .malformed, piece.lowerBound + offset)
            }
        }
    }
    return (data, .goesOn, bytes.byteCount)
}

/// The chunked coding: any split says the same, and the data chunked anew is the data.
@Sendable func fuzzChunks(_ bytes: RawSpan) {
    let whole = decode(bytes, [0..<bytes.byteCount])
    var random = bytes.chance
    let split = decode(bytes, bytes.pieces(&random))
    rule(
        split.data == whole.data && split.end == whole.end && split.used == whole.used,
        "any split says the same")
    rule(whole.data.count <= whole.used, "no data from nowhere")
    guard whole.end == .ended else { return }
    var plain: [UInt8] = []
    if !whole.data.isEmpty {
        plain = Array("\(String(whole.data.count, radix: 16))\r\n".utf8) + whole.data + [0x0D, 0x0A]
    }
    plain += Array("0\r\n\r\n".utf8)
    let again = decode(plain.span.bytes, [0..<plain.count])
    rule(
        again.data == whole.data && again.end == .ended && again.used == plain.count,
        "chunked anew it is the same")
}
