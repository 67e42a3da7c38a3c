import CLinux
import FleetSim
import Foundation
import GatewayCore

/// `signalbox engine`: one emulated engine by itself, on loopback.
enum EngineCommand {
    static let entry = Subcommand(
        name: "engine",
        summary: "one emulated engine that speaks what vLLM speaks, with GPU telemetry at /gpu/metrics",
        flags: [
            Flag(
                name: "--port", value: "P",
                help: "0, the default, takes a free one, which the ready line names"),
            Flag(name: "--model", value: "NAME", help: "the model it serves (the profile's)"),
            Flag(
                name: "--profile", value: "NAME",
                help: "what it emulates (\(EngineProfile.all[0].name)): "
                    + EngineProfile.all.map(\.name).joined(separator: ", ")),
            Flag(name: "--speed", value: "X", help: "runs X times faster than that hardware (1)"),
            Flag(
                name: "--kv-tokens", value: "N",
                help: "tokens that the KV cache holds (what the hardware leaves)"),
            Flag(name: "--seed", value: "N", help: "makes a run repeat (1)"),
            Flag(
                name: "--term", value: "HOW",
                help: "how it ends at TERM, as real ones do: "
                    + EngineEnding.allCases.map(\.rawValue).joined(separator: ", ")),
            Flag(name: "--die-with-parent", help: "ends when the process that started it ends"),
        ]
    ) { try run($0) }

    private static func run(_ arguments: Arguments) throws -> Int32 {
        let options = try options(arguments)
        if arguments.has("--die-with-parent") { _ = sb_die_with_parent() }
        sb_ignore(SIGPIPE)
        _ = Sockets.raiseOpenFileLimit()
        let stop = StopSignal()
        Signals.block([SIGTERM])
        Thread.detachNewThread {
            while Signals.wait(for: [SIGTERM], milliseconds: 60_000) == nil {}
            stop.request()
        }
        let engine: EmulatedEngine
        do {
            engine = try EmulatedEngine(options)
        } catch {
            throw CommandFailure("\(error); choose another --port, or 0 for a free one")
        }
        // Unbuffered, as whoever waits for this line reads it from a pipe.
        FileHandle.standardOutput.write(Data("engine ready on http://127.0.0.1:\(engine.port)\n".utf8))
        engine.run(until: stop)
        return 0
    }

    private static func options(_ arguments: Arguments) throws -> EmulatedEngine.Options {
        var options = EmulatedEngine.Options()
        options.modelName = arguments.value("--model")
        if let name = arguments.value("--profile") {
            guard let profile = EngineProfile.named(name) else {
                throw UsageError(
                    "--profile \(name) is unknown", name, among: EngineProfile.all.map(\.name))
            }
            options.profile = profile
        }
        if let name = arguments.value("--term") {
            guard let ending = EngineEnding(rawValue: name) else {
                throw UsageError(
                    "--term \(name) is unknown; there are "
                        + EngineEnding.allCases.map(\.rawValue).joined(separator: ", "))
            }
            options.ending = ending
        }
        if let port = try arguments.number("--port", in: 0...65_535) { options.port = UInt16(port) }
        if let speed = try arguments.number("--speed", in: 0.001...1000) { options.speed = speed }
        if let tokens = try arguments.number("--kv-tokens", in: 64...1e8) { options.kvTokens = Int(tokens) }
        if let seed = try arguments.number("--seed", in: 0...9e15) { options.seed = UInt64(seed) }
        return options
    }
}
