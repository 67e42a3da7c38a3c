/// What a client gets of an engine's event stream, and what is known of it.
private struct Result: Equatable {
    var out: [UInt8] = []
    var fault: StreamFault?
    var content = 0
    var usage: Usage?
    var tokens = 0
}

/// One stream, fed as the relay feeds it.
private struct Relay: ~Copyable {
    private var filter = StreamFilter()
    private var record = StreamRecord()
    private var out = ByteQueue()
    private var fault: StreamFault?

    init(flags: UInt8, reframes: Bool) {
        filter.hidesUsage = flags & 1 != 0
        filter.restoresFingerprint = flags & 2 != 0
        filter.hidesProgress = flags & 4 != 0
        filter.reframes = reframes
        record.way = flags & 8 != 0 ? .ids : flags & 16 != 0 ? .text : .none
        record.isChat = flags & 32 != 0
        record.rewindTokens = flags & 128 != 0 ? 2 : 0
    }

    /// - Parameter isContinued: by another node, which goes on where the first one stopped.
    mutating func take(_ bytes: RawSpan, _ pieces: [Range<Int>], hasEnded: Bool, isContinued: Bool) {
        if isContinued, fault == nil { record.continueElsewhere() }
        var carry = ByteQueue()
        for piece in pieces where fault == nil {
            var events = ByteQueue()
            carry.withBytes { events.append($0) }
            carry.clear()
            events.append(bytes, piece)
            let isLast = hasEnded && piece.upperBound == bytes.byteCount
            let result = events.withBytes {
                isContinued
                    ? filter.takeContinued($0, hasEnded: isLast, record: &record, into: &out)
                    : filter.take($0, hasEnded: isLast, record: &record, into: &out)
            }
            rule(result.used >= 0 && result.used <= events.count, "within the bytes")
            fault = result.fault
            if isLast { break }
            events.withBytes { carry.append($0, result.used..<$0.byteCount) }
        }
    }

    func result() -> Result {
        Result(
            out: out.withBytes { $0.all }, fault: fault, content: filter.observer.contentEvents,
            usage: filter.observer.usage, tokens: record.outputTokens)
    }
}

/// With bit 6 of the flags the second half of the events comes from another node.
private func relay(_ bytes: RawSpan, _ flags: UInt8, reframes: Bool, _ cut: (RawSpan) -> [Range<Int>])
    -> Result
{
    var relay = Relay(flags: flags, reframes: reframes)
    guard flags & 64 != 0 else {
        relay.take(bytes, cut(bytes), hasEnded: true, isContinued: false)
        return relay.result()
    }
    var middle = 0
    while middle < bytes.byteCount / 2, let end = bytes.eventEnd(from: middle) { middle = end }
    let first = bytes.extracting(0..<middle)
    let second = bytes.extracting(middle..<bytes.byteCount)
    relay.take(first, cut(first), hasEnded: false, isContinued: false)
    relay.take(second, cut(second), hasEnded: true, isContinued: true)
    return relay.result()
}

/// Event streams: any split gives the client the same, whole chunks of it; a stream of which nothing was asked for comes
/// through unchanged; and what is said of an event depends on nothing beside it.
@Sendable func fuzzStream(_ input: RawSpan) {
    guard input.byteCount > 0 else { return }
    let flags = input.byte(0)
    let bytes = input.extracting(1..<input.byteCount)
    var random = input.chance
    let whole = relay(bytes, flags, reframes: false) { [0..<$0.byteCount] }
    let split = relay(bytes, flags, reframes: false) { $0.pieces(&random) }
    rule(whole.out == split.out, "any split gives the same")
    rule(whole == split, "any split means the same")
    let framed = relay(bytes, flags, reframes: true) { $0.pieces(&random) }
    rule(unframed(framed.out) == whole.out, "the chunks hold the same")
    if flags & 0x5F == 0, whole.fault == nil { rule(whole.out == bytes.all, "nothing is changed unasked") }
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
