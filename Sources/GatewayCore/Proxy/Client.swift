/// One client connection.
struct Client: ~Copyable {
    enum Phase: UInt8 {
        case free
        /// Between requests or in the middle of a head.
        case head
        /// In the middle of a body that is read whole.
        case body
        /// Complete; no node can take it now.
        case queued
        /// On a node.
        case exchanging
        /// The answer is complete but not all of it is sent.
        case flushing
        /// Everything is sent and the connection ends; what still comes is thrown away, since closing over unread
        /// bytes would reset the connection and take the answer with it (RFC 9112 section 9.6).
        case lingering
    }

    /// What the request line asks for.
    enum Route: UInt8 {
        /// Read whole, model and prompt inspected, may be sent again: chat, completions, embeddings, responses.
        case inference
        /// Any other /v1 path with a body that is read whole.
        case other
        /// Relayed as it comes: multipart.
        case upload
    }

    /// Chat and text completions are told token by token and report usage in a stream when asked; embeddings and responses
    /// have no such option.
    enum Completion: UInt8 { case text, chat }

    /// Counts up when the descriptor is used anew, so that a stale event is told.
    var generation: UInt32 = 0
    var phase = Phase.free
    var timer = TimerWheel.Entry()
    /// The request from its first byte on, and what was pipelined behind it.
    var input = ByteQueue()
    /// A chunked body, decoded.
    var decoded = ByteQueue()
    var decoder = ChunkedDecoder()
    /// What the kernel did not take.
    var output = ByteQueue()
    var head = RequestHead()
    var facts = BodyFacts()
    var route = Route.inference
    var completion: Completion?
    var exchange = Exchange()
    var record = StreamRecord()
    /// Why its node was chosen, where it asked; empty: it did not.
    var decision = ""
    /// Its place in its node's load; nil: it is on no node.
    var load: LoadHandle?
    /// Descriptor of the upstream connection; -1: none.
    var upstream: Int32 = -1
    /// Bytes of an upload's body that are still to come; with chunked framing `decoder` tells.
    var uploadLeft = 0
    /// "10.0.0.9:4242", made when the stream is first listed.
    var address = ""
    var wantsWrite = false
    var isReadPaused = false
    /// The peer has ended its side.
    var hasHungUp = false
    var closesAfterAnswer = false
    /// Parts of a request may still be on their way when its answer is sent.
    var lingers = false
    /// The deadline of the head that is being read is set; more bytes do not move it.
    var hasHeadDeadline = false
    /// Bytes of a head that was incomplete so far; 0: it has not been looked at.
    var headSeen = 0
    /// Bytes of an upload's body that have come, framing included.
    var uploaded = 0
    /// The list of requests in their order of arrival.
    var previousActive: Int32 = -1
    var nextActive: Int32 = -1
    var isListed = false
    /// Only names are left of the body.
    var isBodyForgotten = false

    /// The request's body, where it is read whole.
    func withBody<R>(_ body: (RawSpan) -> R) -> R {
        if head.isChunked { return decoded.withBytes(body) }
        let start = head.byteCount
        let count = head.contentLength ?? 0
        return input.withBytes { body($0.extracting(start..<min($0.byteCount, start + count))) }
    }

    /// Lets go of the body but for the names that it is known by, which take its place.
    mutating func forgetBody() {
        isBodyForgotten = true
        var rest = ByteQueue()
        if !head.isChunked { input.withBytes { rest.append($0, 0..<head.byteCount) } }
        let headBytes = rest.count
        var names = facts
        withBody { body in
            names.keepNames {
                let start = rest.count - headBytes
                rest.append(body, $0.range)
                return ByteRange(start..<(rest.count - headBytes))
            }
        }
        facts = names
        if head.isChunked {
            swap(&rest, &decoded)
        } else {
            head.contentLength = rest.count - headBytes
            swap(&rest, &input)
        }
    }

    /// Bytes that are still to come of a body of known length that is read whole; 0: none is being read.
    var missingBody: Int {
        guard phase == .body, !head.isChunked else { return 0 }
        return max(0, head.byteCount + bodyByteCount - input.count)
    }

    /// An upload of which not everything has come.
    var isUploading: Bool {
        route == .upload && (head.isChunked ? !decoder.hasEnded : uploadLeft > 0)
    }

    var bodyByteCount: Int { head.isChunked ? decoded.count : head.contentLength ?? 0 }

    /// What epoll is asked for.
    var interest: Poller.Interest {
        var wanted: Poller.Interest = []
        if !isReadPaused && !hasHungUp { wanted.insert(.read) }
        if !hasHungUp { wanted.insert(.hangUp) }
        if wantsWrite { wanted.insert(.write) }
        return wanted
    }
}
