/// What a client gets of an engine's event stream that comes in these pieces, as the relay feeds the filter.
private func filter(
    _ bytes: RawSpan, _ pieces: [Range<Int>], flags: UInt8, reframes: Bool
) -> (out: [UInt8], fault: StreamFault?, content: Int, usage: Usage?, output: Int) {
    var filter = StreamFilter()
    filter.hidesUsage = flags & 1 != 0
    filter.restoresFingerprint = flags & 2 != 0
    filter.hidesProgress = flags & 4 != 0
    filter.reframes = reframes
    var record = StreamRecord()
    record.way = flags & 8 != 0 ? .ids : flags & 16 != 0 ? .text : .none
    record.isChat = flags & 32 != 0
    var out = ByteQueue()
    var carry = ByteQueue()
    var fault: StreamFault?
    for piece in pieces {
        var events = ByteQueue()
        carry.withBytes { events.append($0) }
        carry.clear()
        events.append(bytes, piece)
        let isLast = piece.upperBound == bytes.byteCount
        let result = events.withBytes { filter.take($0, hasEnded: isLast, record: &record, into: &out) }
        rule(result.used >= 0 && result.used <= events.count, "within the bytes")
        fault = result.fault
        if fault != nil || isLast { break }
        events.withBytes { carry.append($0, result.used..<$0.byteCount) }
    }
    let all = out.withBytes { $0.all }
    return (all, fault, filter.observer.contentEvents, filter.observer.usage, record.outputTokens)
}

/// Event streams: any split gives the client the same, whole chunks of it; a stream of which nothing was asked for comes
/// through unchanged; and what is said of an event depends on nothing beside it.
@Sendable func fuzzStream(_ input: RawSpan) {
    guard input.byteCount > 0 else { return }
    let flags = input.byte(0)
    let bytes = input.extracting(1..<input.byteCount)
    var random = input.chance
    let whole = filter(bytes, [0..<bytes.byteCount], flags: flags, reframes: false)
    let split = filter(bytes, bytes.pieces(&random), flags: flags, reframes: false)
    rule(whole.out == split.out, "any split gives the same")
    rule(whole.fault == split.fault && whole.content == split.content, "any split sees the same")
    rule(whole.usage == split.usage && whole.output == split.output, "any split counts the same")
    let framed = filter(bytes, bytes.pieces(&random), flags: flags, reframes: true)
    rule(unframed(framed.out) == whole.out, "the chunks hold the same")
    if flags & 0x1F == 0, whole.fault == nil { rule(whole.out == bytes.all, "nothing is changed unasked") }
    isolate(bytes, flags)
}

private func unframed(_ chunks: [UInt8]) -> [UInt8]? {
    var decoder = ChunkedDecoder()
    var offset = 0
    var data: [UInt8] = []
    while true {
        switch decoder.next(chunks.span.bytes, &offset) {
        case .data(let range): data += chunks[range]
        case .needsMore: return data
        case .end, .malformed: return nil
        }
    }
}

private func isolate(_ bytes: RawSpan, _ flags: UInt8) {
    var inside = StreamObserver()
    var alone = StreamObserver()
    var start = 0
    while let end = bytes.eventEnd(from: start) {
        let own = bytes.array(start..<end)
        let one = inside.event(bytes, start..<end, hidesUsage: flags & 1 != 0)
        let other = alone.event(own.span.bytes, 0..<own.count, hidesUsage: flags & 1 != 0)
        rule(one == other && inside.usage == alone.usage, "an event by itself says the same")
        rule(
            inside.contentEvents == alone.contentEvents && inside.isComplete == alone.isComplete,
            "and means it")
        start = end
    }
}
