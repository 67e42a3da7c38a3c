import TestSupport

/// A gateway on one engine that has nothing to do.
struct IdleGateway {
    let signalbox: Signalbox
    let engine: Engine
    let program: Serving

    init() async throws {
        signalbox = try Signalbox()
        engine = try await Engine(signalbox)
        program = try await Serving(signalbox, [engine.url])
        _ = try await signalbox.waitForServing()
    }
}
