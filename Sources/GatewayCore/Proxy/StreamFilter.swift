/// Takes the events of one engine's stream to what its client sees: whole events unchanged, without what only the gateway
/// asked for. The named list of that is:
///
/// - the usage event, when the client did not ask for usage (`hidesUsage`); vLLM then moves `system_fingerprint` from the
///   finish event into it, so it is put back (`restoresFingerprint`);
/// - llama.cpp's `prompt_progress` events (`hidesProgress`);
/// - `prompt_token_ids` and `token_ids`, which become null as they are without `return_token_ids`.
package struct StreamFilter: ~Copyable {
    /// An event larger than this is passed on in pieces, unobserved.
    static let eventLimit = 1_048_576

    package var observer = StreamObserver()
    package var hidesUsage = false
    package var hidesProgress = false
    package var restoresFingerprint = false
    /// A fault was seen that nothing is done about: its event passes as it is.
    private var passesFault = false
    /// The finish event, until the usage event has told the fingerprint.
    private var finish = ByteQueue()
    private var rewritten = ByteQueue()
    /// Where the next events go: a chunk for each run of them, or bare bytes for HTTP/1.0.
    package var reframes = true

    package init() {}

    mutating func reset() {
        observer = StreamObserver()
        hidesUsage = false
        hidesProgress = false
        restoresFingerprint = false
        passesFault = false
        finish.clear()
        rewritten.clear()
    }

    /// The event at which it stopped, or the end that it lacks, is let through.
    package mutating func letFaultPass() { passesFault = true }

    /// Whether a fault is let through, once.
    mutating func takesFault() -> Bool {
        defer { passesFault = false }
        return passesFault
    }

    /// Takes the whole events at the front of `bytes`.
    /// - Returns: how many bytes are dealt with, and the fault at which it stopped: its event is not among them.
    package mutating func take(
        _ bytes: RawSpan, hasEnded: Bool, record: inout StreamRecord, into out: inout ByteQueue
    ) -> (used: Int, fault: StreamFault?) {
        var start = 0
        var passStart = 0
        while let end = bytes.eventEnd(from: start) {
            let event = start..<end
            let own = bytes.extracting(0..<end)
            let isLetPass = takesFault()
            let verdict =
                isLetPass
                ? .pass
                : observer.event(bytes, event, hidesUsage: hidesUsage, hidesProgress: hidesProgress)
            if case .fault(let fault) = verdict {
                pass(bytes, passStart..<start, &out)
                return (start, fault)
            }
            start = end
            if verdict == .hide {
                if !observer.hasFirstToken { record.noteProgress(own, event) }
                pass(bytes, passStart..<event.lowerBound, &out)
                releaseFinish(&out, fingerprintIn: bytes, event)
                passStart = end
                continue
            }
            let cuts: StreamRecord.Cuts =
                record.isKept || !observer.hasFirstToken
                ? record.note(own, event, isLetPass ? nil : observer.places) : (nil, nil)
            if !finish.isEmpty {
                pass(bytes, passStart..<event.lowerBound, &out)
                releaseFinish(&out, fingerprintIn: bytes, event.lowerBound..<event.lowerBound)
                passStart = event.lowerBound
            }
            guard cuts.first != nil || holdsEvent else { continue }
            pass(bytes, passStart..<event.lowerBound, &out)
            passStart = end
            takeApart(bytes, event, cuts, &out)
        }
        if hasEnded || bytes.byteCount - start > Self.eventLimit { start = bytes.byteCount }
        pass(bytes, passStart..<start, &out)
        if hasEnded { releaseFinish(&out, fingerprintIn: bytes, 0..<0) }
        return (start, nil)
    }

    /// The same for the events of a continuation.
    package mutating func takeContinued(
        _ bytes: RawSpan, hasEnded: Bool, record: inout StreamRecord, into out: inout ByteQueue
    ) -> (used: Int, fault: StreamFault?) {
        var start = 0
        while let end = bytes.eventEnd(from: start) {
            rewritten.removeAll()
            let result = ContinuedEvents.rewrite(
                bytes.extracting(0..<end), start..<end, &record, into: &rewritten)
            if result == .diverged {
                record.disarm(.diverged)
                return (start, .malformed)
            }
            var event = ByteQueue()
            swap(&event, &rewritten)
            defer { swap(&event, &rewritten) }
            let fault = event.withBytes { take($0, hasEnded: false, record: &record, into: &out).fault }
            if let fault { return (start, fault) }
            start = end
        }
        if hasEnded {
            releaseFinish(&out, fingerprintIn: bytes, 0..<0)
            start = bytes.byteCount
        }
        return (start, nil)
    }

    /// Nothing more comes: what was held back goes.
    package mutating func end(into out: inout ByteQueue) {
        let nothing = ByteQueue()
        nothing.withBytes { releaseFinish(&out, fingerprintIn: $0, 0..<0) }
    }

    private var holdsEvent: Bool { restoresFingerprint && observer.finishedWithLastEvent }

    /// An event that does not pass as it is: token ids become null, the finish event waits.
    private mutating func takeApart(
        _ bytes: RawSpan, _ event: Range<Int>, _ cuts: StreamRecord.Cuts, _ out: inout ByteQueue
    ) {
        let removed = (cuts.first.map { $0.count - 4 } ?? 0) + (cuts.second.map { $0.count - 4 } ?? 0)
        if holdsEvent {
            finish.removeAll()
            Self.append(bytes, event, without: cuts, to: &finish)
            return
        }
        if reframes {
            out.append(hexadecimal: event.count - removed)
            out.append("\r\n")
        }
        Self.append(bytes, event, without: cuts, to: &out)
        if reframes { out.append("\r\n") }
    }

    private static func append(
        _ bytes: RawSpan, _ event: Range<Int>, without cuts: StreamRecord.Cuts, to out: inout ByteQueue
    ) {
        var start = event.lowerBound
        for cut in [cuts.first, cuts.second] {
            guard let cut else { continue }
            out.append(bytes, start..<cut.lowerBound)
            out.append("null")
            start = cut.upperBound
        }
        out.append(bytes, start..<event.upperBound)
    }

    /// Sends the finish event, with the fingerprint that the usage event told.
    private mutating func releaseFinish(
        _ out: inout ByteQueue, fingerprintIn bytes: RawSpan, _ event: Range<Int>
    ) {
        guard !finish.isEmpty else { return }
        var whole = ByteQueue()
        swap(&whole, &finish)
        let end = whole.withBytes { held in
            var end = held.byteCount
            while end > 0, held.byte(end - 1) != 0x7D { end -= 1 }
            return end
        }
        if end > 0, let at = bytes.first("\"system_fingerprint\":", in: event) {
            var scan = JSONScan(at: at + 21)
            if let value = scan.value(bytes) {
                var restored = ByteQueue()
                whole.withBytes { held in
                    restored.append(held, 0..<(end - 1))
                    restored.append(",")
                    restored.append(bytes, at..<value.upperBound)
                    restored.append(held, (end - 1)..<held.byteCount)
                }
                swap(&restored, &whole)
            }
        }
        whole.withBytes { pass($0, 0..<$0.byteCount, &out) }
    }

    /// Appends a run of events.
    func pass(_ bytes: RawSpan, _ range: Range<Int>, _ out: inout ByteQueue) {
        guard !range.isEmpty else { return }
        if reframes {
            out.append(hexadecimal: range.count)
            out.append("\r\n")
        }
        out.append(bytes, range)
        if reframes { out.append("\r\n") }
    }
}
