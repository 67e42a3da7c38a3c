import GatewayCore

/// One client's connection to the emulated engine.
final class EngineConnection {
    let fd: Int32
    let token: UInt64
    var input = ByteQueue()
    var output = ByteQueue()
    /// The answer that is being generated; the next request waits in `input`.
    var answer: EngineAnswer?
    /// When the connection last became idle, in nanoseconds; closes 5 s later, as vLLM's server does.
    var idleSince: UInt64
    var closesAfterOutput = false
    var hasServed = false
    /// A request that will never be answered.
    var hangs = false
    /// Tokens of a slow answer, the time of the next one and that between two, in nanoseconds.
    var held: [TokenEvent] = []
    var nextHeld: UInt64 = 0
    var pace: UInt64 = 0
    var waitsForWrite = false
    /// The descriptor is gone and must not be used.
    var isClosed = false

    init(fd: Int32, token: UInt64, now: UInt64) {
        self.fd = fd
        self.token = token
        idleSince = now
    }

    /// A completion's head has begun to come.
    var isSendingCompletion: Bool {
        input.withBytes {
            $0.has("POST /v1/completions ", at: 0) || $0.has("POST /v1/chat/completions ", at: 0)
        }
    }
}

/// One completion in the making.
struct EngineAnswer {
    let id: UInt64
    let publicID: String
    let request: CompletionRequest
    let tokens: [UInt32]
    let endsByItself: Bool
    /// The most tokens that it might have had.
    let limit: Int
    let frames: StreamFrames?
    let keepsAlive: Bool
    let fault: EngineFaults.Planned?

    func usage(at event: TokenEvent) -> CompletionUsage {
        CompletionUsage(
            prompt: request.prompt.count, completion: event.ordinal, cached: event.cachedTokens)
    }
}
