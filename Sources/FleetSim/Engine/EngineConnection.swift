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
    var waitsForWrite = false
    /// The descriptor is gone and must not be used.
    var isClosed = false

    init(fd: Int32, token: UInt64, now: UInt64) {
        self.fd = fd
        self.token = token
        idleSince = now
    }
}

/// One completion in the making.
struct EngineAnswer {
    let id: UInt64
    let publicID: String
    let request: CompletionRequest
    let tokens: [UInt32]
    let frames: StreamFrames?
    let keepsAlive: Bool
    var fault: EngineFaults.Planned?
}
