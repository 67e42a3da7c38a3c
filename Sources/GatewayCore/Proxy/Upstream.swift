/// One connection to an engine.
struct Upstream: ~Copyable {
    enum Phase: UInt8 { case free, connecting, awaiting, relaying, idle }

    /// How the body's end is told.
    enum Framing: UInt8 { case none, length, chunked, untilClose }

    var generation: UInt32 = 0
    var phase = Phase.free
    var timer = TimerWheel.Entry()
    var node: Int32 = -1
    /// Descriptor of the client that it works for; -1: none.
    var client: Int32 = -1
    /// A response head that has not come whole.
    var input = ByteQueue()
    /// Request bytes that the kernel did not take: the head, and of an upload the body.
    var output = ByteQueue()
    /// The part of the client's body that was handed to the kernel.
    var bodySent = 0
    /// Of the request body that is left to send from the client's memory.
    var bodyEnd = 0
    /// The head for the client, held back until the first event.
    var heldHead = ByteQueue()
    /// An event that has not come whole, or the tail of a JSON answer.
    var carry = ByteQueue()
    var framing = Framing.none
    var bodyLeft = 0
    var decoder = ChunkedDecoder()
    var filter = StreamFilter()
    /// What the events of a stream that the client did not ask for are put together to.
    var answer: StreamedAnswer?
    /// What an answer that is no stream told at its end.
    var usage: Usage?
    /// Its answer has come whole, whether or not all of it has been looked at.
    var hasEnded = false
    var status: Int32 = 0
    /// 1xx answers before the final one; they are not passed on.
    var interimAnswers: UInt8 = 0
    static let interimLimit = 16
    var isEventStream = false
    var keepsAlive = true
    /// It has answered before: when it fails before a byte it was probably closed by the engine.
    var isReused = false
    var wantsWrite = false
    var isReadPaused = false
    /// It is among `ProxyLoop.streams`.
    var isStreaming = false

    var observer: StreamObserver {
        _read { yield filter.observer }
    }

    var hasSentRequest: Bool { output.isEmpty && bodySent >= bodyEnd }

    var interest: Poller.Interest {
        var wanted: Poller.Interest = isReadPaused ? [] : .read
        if wantsWrite { wanted.insert(.write) }
        return wanted
    }

    /// Ready for the next request.
    mutating func reset() {
        client = -1
        input.clear()
        output.clear()
        heldHead.clear()
        carry.clear()
        bodySent = 0
        bodyEnd = 0
        framing = .none
        bodyLeft = 0
        decoder = ChunkedDecoder()
        filter.reset()
        answer = nil
        usage = nil
        hasEnded = false
        status = 0
        interimAnswers = 0
        isEventStream = false
        keepsAlive = true
        isReadPaused = false
    }
}
