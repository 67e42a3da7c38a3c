import Foundation
import TestSupport
import Testing

/// A terminal that is not read is the console's trouble alone.
struct StalledTerminalSlowTests {
    /// A gateway with a console, and how long first tokens took through it, in milliseconds.
    private final class Scene {
        let terminal: Pty
        let console: Program
        private let gateway: Serving
        private let model: String
        private var times: [Double] = []

        init(_ signalbox: Signalbox, _ engines: [Engine]) async throws {
            gateway = try await Serving(signalbox, engines.map(\.url))
            model = try await signalbox.waitForServing(gateway.admin).firstModel
            terminal = try Pty(columns: 200, rows: 50)
            console = try terminal.run(
                Signalbox.path, ["attach", "--admin", gateway.admin],
                environment: signalbox.environment.merging(["TERM": "xterm-256color"]) { $1 })
            try await terminal.read(until: "2 of 2 nodes serving")
        }

        /// One stream, from its request to its end.
        func ask() throws {
            let start = ContinuousClock.now
            let exchange = try HTTPExchange(
                "POST", gateway.url + "/v1/chat/completions",
                body: """
                    {"model": "\(model)", "stream": true, "max_tokens": 8, "ignore_eos": true,
                     "messages": [{"role": "user", "content": "How late are you?"}]}
                    """)
            var first: Duration?
            while !exchange.isClosed {
                HTTPExchange.wait(for: [exchange], atMost: .seconds(10))
                exchange.pump()
                if first == nil, !exchange.events.isEmpty { first = ContinuousClock.now - start }
            }
            try times.append(#require(first) / .milliseconds(1))
        }

        var p99: Double { times.sorted()[times.count * 99 / 100] }
        var count: Int { times.count }
    }

    /// Two gateways on the same engines, one request to each in turn: the machine's moods meet both.
    @Test func `a terminal not read for a minute costs the gateway less than 1 ms at the p99`() async throws {
        let signalbox = try Signalbox()
        let engines = [
            try await Engine(signalbox, "--speed", "50"), try await Engine(signalbox, "--speed", "50"),
        ]
        let stalled = try await Scene(signalbox, engines)
        let read = try await Scene(signalbox, engines)
        var drawn = 0
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            for scene in Bool.random() ? [stalled, read] : [read, stalled] { try scene.ask() }
            drawn += read.terminal.read().count
        }
        print(
            "first tokens of \(read.count) requests each: p99 \(stalled.p99) ms beside a terminal that is not read, "
                + "\(read.p99) beside one that is")
        #expect(stalled.p99 - read.p99 < 1)
        #expect(stalled.console.status == nil && read.console.status == nil)
        let waiting = stalled.terminal.read().count
        #expect(drawn > 2 * waiting, "\(drawn) bytes were read, \(waiting) waited: it was held up")
    }
}
