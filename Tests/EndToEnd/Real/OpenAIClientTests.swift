import Foundation
import Synchronization
import TestSupport
import Testing

/// The real `openai` Python client through the gateway, in a virtual environment that the test makes.
@Suite(.serialized) struct OpenAIClientTests {
    private static let version = "3.57.0"

    /// The environment's Python; nil after a line that says why there is none.
    private static func python() throws -> String? {
        let build = URL(fileURLWithPath: GatewayProcess.program).deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = build.appendingPathComponent("openai-\(version)").path
        let python = folder + "/bin/python"
        if try hasClient(python) { return python }
        let made = try runToEnd("/usr/bin/env", ["python3", "-m", "venv", "--clear", folder])
        guard made.status == 0 else { return try skip("openai client", because: made.out + made.errors) }
        let installed = try runToEnd(
            python, ["-m", "pip", "install", "--quiet", "--no-input", "openai==\(version)"])
        guard installed.status == 0 else { return try skip("openai client", because: installed.errors) }
        return python
    }

    private static func hasClient(_ python: String) throws -> Bool {
        guard FileManager.default.isExecutableFile(atPath: python) else { return false }
        return try runToEnd(python, ["-c", "import openai; assert openai.__version__ == '\(version)'"]).status
            == 0
    }

    private static func run(_ python: String, _ url: String, _ test: String) throws -> JSON {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("openai_client.py").path
        let output = try runToEnd(python, [script, url, test])
        guard output.status == 0 else { throw GatewayProcess.Failure(what: output.errors) }
        return try JSONDecoder().decode(JSON.self, from: Data(output.out.utf8))
    }

    @Test func `answers, streams, tool calls and errors are to the openai client what the engine sent`()
        throws
    {
        guard let shared = try requireShared("openai client"), let python = try Self.python() else { return }
        let names = [
            "chat": "chat-first", "stream": "chat-stream", "tools": "chat-tools-required",
            "tools-stream": "chat-stream-tools-required", "error": "error-too-long-prompt",
        ]
        let captures = try names.mapValues { try Capture.named($0, of: "vllm-cpu", in: shared) }
        let server = RawServer { request, connection in
            guard let capture = request.header("x-case").flatMap({ captures[$0] }) else { return }
            connection.send(capture.bytes)
        }
        let gateway = try GatewayProcess([server.url])
        for (test, capture) in captures {
            let direct = try Self.run(python, server.url, test)
            let ours = try Self.run(python, gateway.url, test)
            // The tools capture was asked for usage; this client is not, so its usage event is hidden.
            let visible = capture.answer.text.components(separatedBy: "\n\n")
                .filter { !$0.contains(#""choices":[]"#) }.joined(separator: "\n\n")
            #expect(ours.raw?.string == visible, "\(test)")
            #expect(ours.status == direct.status && ours.kind == direct.kind, "\(test)")
            let parsed = direct.parsed?.list?.filter { $0.choices != .list([]) }
            #expect(ours.parsed?.list == parsed, "\(test)")
            if test.hasPrefix("tools") { #expect(visible.contains("set_signal")) }
            if test == "error" { #expect(ours.kind?.string == "BadRequestError") }
        }
    }

    @Test func `when the openai client hangs up its engine is told within 100 ms`() throws {
        guard let shared = try requireShared("openai client's hang-up"), let python = try Self.python() else {
            return
        }
        let capture = try Capture.named("chat-stream", of: "vllm-cpu", in: shared)
        let head = capture.bytes.prefix(capture.bytes.firstRange(of: Array("\r\n\r\n".utf8))!.upperBound)
        let event = Array(
            "\(String(capture.answer.events[1].utf8.count, radix: 16))\r\n\(capture.answer.events[1])\r\n"
                .utf8)
        let closed = ClosedAt()
        let server = RawServer { _, connection in
            connection.send(head)
            for _ in 0..<6 { connection.send(event) }
            // Nothing more is sent: only the gateway's closing tells the engine.
            guard connection.receive(seconds: 30)?.isEmpty == true else { return }
            closed.time.withLock { $0 = monotonicSeconds() }
        }
        let gateway = try GatewayProcess([server.url])
        let left = try #require(try Self.run(python, gateway.url, "hang-up").left?.number)
        #expect(eventually(seconds: 5) { closed.time.withLock { $0 } != nil })
        let delay = try #require(closed.time.withLock { $0 }) - left
        #expect(delay < 0.1, "the engine's connection closed \(delay) s after the client left")
        print("openai hang-up: the engine's connection closed after \(Int(delay * 1000)) ms")
        #expect(try gateway.settledStatus().totals?.requests?.cancelled?.number == 1)
    }
}

private final class ClosedAt: Sendable {
    let time = Mutex<Double?>(nil)
}
