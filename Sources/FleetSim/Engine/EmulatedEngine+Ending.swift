import GatewayCore

/// How an engine ends when it gets TERM.
package enum EngineEnding: String, CaseIterable, Sendable {
    /// llama.cpp b11434: FIN in the middle of everything, the port refuses.
    case llamacpp
    /// vLLM 0.32: within 24 ms an error event, `[DONE]` and a last chunk on each stream; /health says 503 for about
    /// 20 ms, then the port refuses.
    case vllm
    /// vLLM 0.32 with `--shutdown-timeout 30`: streams finish; meanwhile /health says 200 and each new request gets
    /// a 500.
    case shutdownTimeout = "shutdown-timeout"
}

extension EmulatedEngine {
    private static let farewellNanoseconds: UInt64 = 20_000_000
    private static let shutdownNanoseconds: UInt64 = 30_000_000_000

    func end(as ending: EngineEnding) {
        switch ending {
        case .llamacpp: break
        case .vllm:
            isDead = true
            for connection in Array(clients.values) { tellDeath(to: connection) }
            let until = now + Self.farewellNanoseconds
            while now < until { turn(atMost: 5) }
        case .shutdownTimeout:
            isShuttingDown = true
            let until = now + Self.shutdownNanoseconds
            while now < until, !clients.isEmpty { turn(atMost: 50) }
        }
    }

    private func tellDeath(to connection: EngineConnection) {
        if connection.answer?.frames != nil {
            StreamFrames.error(into: &connection.output)
        } else {
            let error = EngineError.internalError(500)
            respond(connection, status: error.status, type: "application/json", error.body, keepsAlive: false)
        }
        abandon(connection)
    }
}
