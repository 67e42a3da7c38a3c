import Foundation
import Testing

/// The gateway before two real vLLM on the CPU: `make test-real`.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["SIGNALBOX_REAL_VLLM"] == "1"))
struct VLLMTests {
    @Test func `two real vLLM behind the gateway are read, routed to, drained and cancelled`() throws {
        guard let engines = try RealEngines.start("vllm") else { return }
        try engines.checkStatusAndProbe(engine: "vllm", version: "0.")
        try engines.checkAnswers()
        try engines.checkPrefixHits(hits: "vllm:prefix_cache_hits_total")
        try engines.checkErrors()
        try engines.checkSessions()
        try engines.checkDrainUnderLoad()
        try engines.checkHangUp(running: "vllm:num_requests_running")
        try engines.checkMigration(tokens: 300, mayRound: false)
    }

    @Test func `what two real vLLM hold is predicted within a block of what they say`() throws {
        guard let engines = try RealEngines.start("vllm") else { return }
        try engines.checkPresence()
    }

    @Test func `a real vLLM dies and its streams go on exactly, also where text does not encode back`() throws
    {
        guard let engines = try RealEngines.start("vllm", ragged: true) else { return }
        try engines.checkMigration(tokens: 300, mayRound: false)
    }
}
