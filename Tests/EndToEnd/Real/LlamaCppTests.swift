import Testing

/// The gateway before two real llama.cpp servers.
@Suite(.serialized) struct LlamaCppTests {
    @Test func `two real llama.cpp behind the gateway are read, routed to, drained and cancelled`() throws {
        guard let engines = try RealEngines.start("llamacpp") else { return }
        try engines.checkStatusAndProbe(engine: "llama.cpp", version: "b")
        try engines.checkAnswers()
        try engines.checkPrefixHits(hits: "llamacpp:prompt_tokens_cached_total")
        try engines.checkErrors()
        try engines.checkSessions()
        try engines.checkDrainUnderLoad()
        try engines.checkHangUp(running: "llamacpp:requests_processing")
        try engines.checkMigration(tokens: 300, mayRound: true)
    }

    @Test func `where a real llama.cpp's text does not encode back its streams end with a word`() throws {
        guard let engines = try RealEngines.start("llamacpp", ragged: true) else { return }
        try engines.checkHonesty(tokens: 800)
    }
}
