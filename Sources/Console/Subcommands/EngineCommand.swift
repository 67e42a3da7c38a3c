import CLinux
import FleetSim
import Foundation
import GatewayCore

/// `signalbox engine`: one emulated engine by itself.
enum EngineCommand {
    static let help = """
        usage: signalbox engine [--port P] [--model NAME] [--profile NAME] [--speed X] [--kv-tokens N] [--seed N]
                                [--die-with-parent]

        An emulated inference engine on loopback that speaks what vLLM speaks: chat and text completions, streamed
        and not, /v1/models, /tokenize, /health, /metrics; GPU telemetry in the DCGM exporter's format at /gpu/metrics.

          --port P            the port; 0, the default, takes a free one, which the ready line names
          --model NAME        the model it serves (default: the profile's)
          --profile NAME      the hardware and model it emulates (default: \(EngineProfile.all[0].name)), one of
                              \(EngineProfile.all.map(\.name).joined(separator: "\n                              "))
          --speed X           runs X times faster than that hardware (default: 1)
          --kv-tokens N       tokens that the KV cache holds (default: what the hardware leaves)
          --seed N            makes a run repeat (default: 1)
          --die-with-parent   ends when the process that started it ends

        Faults for tests: POST /emulator?fail=N&status=500 (or stall=N, cut=N, error=N with after=TOKENS; garbage=N
        scrapes; health=SECONDS; refuse=SECONDS).
        """

    static func run(_ arguments: [String]) -> Int32 {
        if arguments.contains("--help") {
            print(help)
            return 0
        }
        do {
            let (options, diesWithParent) = try parse(arguments)
            if diesWithParent { _ = sb_die_with_parent() }
            return serve(options)
        } catch {
            complain("signalbox engine: \(error.message)\n")
            return 2
        }
    }

    private struct UsageError: Error { let message: String }

    private static func serve(_ options: EmulatedEngine.Options) -> Int32 {
        sb_ignore(SIGPIPE)
        _ = Sockets.raiseOpenFileLimit()
        do {
            let engine = try EmulatedEngine(options)
            // Unbuffered, as whoever waits for this line reads it from a pipe.
            FileHandle.standardOutput.write(Data("engine ready on http://127.0.0.1:\(engine.port)\n".utf8))
            engine.run(until: StopSignal())
            return 0
        } catch {
            complain("signalbox engine: \(error). Choose another --port, or 0 for a free one.\n")
            return 1
        }
    }

    private static func parse(_ arguments: [String]) throws(UsageError) -> (EmulatedEngine.Options, Bool) {
        var options = EmulatedEngine.Options()
        var diesWithParent = false
        var rest = arguments[...]
        while let flag = rest.popFirst() {
            if flag == "--die-with-parent" {
                diesWithParent = true
                continue
            }
            guard ["--port", "--model", "--profile", "--speed", "--kv-tokens", "--seed"].contains(flag) else {
                throw UsageError(message: "unknown argument `\(flag)`; --help shows what there is")
            }
            guard let text = rest.popFirst() else { throw UsageError(message: "\(flag) needs a value") }
            try set(flag, text, in: &options)
        }
        return (options, diesWithParent)
    }

    private static func set(_ flag: String, _ text: String, in options: inout EmulatedEngine.Options)
        throws(UsageError)
    {
        let wrong = UsageError(message: "\(flag) does not take `\(text)`; --help shows what it takes")
        switch flag {
        case "--port":
            guard let port = UInt16(text) else { throw wrong }
            options.port = port
        case "--model": options.modelName = text
        case "--profile":
            guard let profile = EngineProfile.named(text) else { throw wrong }
            options.profile = profile
        case "--speed":
            guard let speed = Double(text), speed > 0, speed <= 1000 else { throw wrong }
            options.speed = speed
        case "--kv-tokens":
            guard let tokens = Int(text), (64...100_000_000).contains(tokens) else { throw wrong }
            options.kvTokens = tokens
        default:
            guard let seed = UInt64(text) else { throw wrong }
            options.seed = seed
        }
    }

    private static func complain(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
