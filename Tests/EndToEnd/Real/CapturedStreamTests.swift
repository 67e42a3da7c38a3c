import Foundation
import Testing
import TestSupport

/// What real engines streamed, replayed byte for byte by a server of the test, through the real gateway.
@Suite(.serialized) struct CapturedStreamTests {
    /// Serves the capture that the request's `x-capture` names, in pieces that its `x-split` seed chooses.
    private static func replay(_ captures: [Capture]) -> RawServer {
        let byName = Dictionary(uniqueKeysWithValues: captures.map { ($0.description, $0.bytes) })
        return RawServer { request, connection in
            guard let bytes = request.header("x-capture").flatMap({ byName[$0] }) else { return }
            let seed = request.header("x-split").flatMap { UInt64($0) }
            for piece in pieces(bytes, seed: seed) {
                guard connection.send(piece) else { return }
                if seed != nil { usleep(20) }  // lets the gateway read the piece by itself, most times
            }
        }
    }

    /// At most some thousand pieces, so that a long capture takes no minutes.
    /// - Parameter seed: nil: one piece; 0: the smallest pieces; else sizes that vary by piece and by seed.
    static func pieces(_ bytes: [UInt8], seed: UInt64?) -> [ArraySlice<UInt8>] {
        guard let seed else { return [bytes[...]] }
        var random = SeededRandom(state: seed)
        let most = max(bytes.count / 2000, seed == 0 ? 1 : [7, 60, 700].randomElement(using: &random)!)
        var pieces: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let size = min(rest.count, Int.random(in: 1...most, using: &random))
            pieces.append(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        return pieces
    }

    private static func request(_ capture: Capture, seed: UInt64?, version: String = "1.1") -> RawRequest {
        var request = RawRequest(path: capture.path, body: capture.request, version: version)
        request.headers = ["x-capture: \(capture)"] + (seed.map { ["x-split: \($0)"] } ?? [])
        return request
    }

    private static func streams(_ shared: URL) throws -> [Capture] {
        try ["vllm-cpu", "llamacpp"].flatMap { engine in
            // The capture of a queued stream stops at [DONE], before the last chunk: it is one of the cut ones.
            try Capture.all(of: engine, in: shared) { $0.contains("stream") }.filter { $0.answer.isWhole }
        }
    }

    @Test
    func `every captured stream reaches the client byte for byte, however the engine's bytes are split`()
        throws
    {
        guard let shared = try requireShared("captured streams") else { return }
        let captures = try Self.streams(shared)
        #expect(captures.count >= 35)
        let server = Self.replay(captures)
        let gateway = try GatewayProcess([server.url])
        for capture in captures {
            for seed in [nil, 0, 1, 2] as [UInt64?] {
                let answer = try Self.request(capture, seed: seed).send(port: gateway.port)
                #expect(answer.status == capture.answer.status, "\(capture) seed \(seed as Any)")
                #expect(answer.isWhole, "\(capture) seed \(seed as Any)")
                #expect(answer.text == capture.answer.text, "\(capture) seed \(seed as Any)")
                #expect(answer.header("content-type") == capture.answer.header("content-type"), "\(capture)")
            }
        }
    }

    @Test func `an HTTP 1.0 client gets every captured stream without chunks`() throws {
        guard let shared = try requireShared("captured streams to HTTP/1.0") else { return }
        let captures = try Self.streams(shared)
        let server = Self.replay(captures)
        let gateway = try GatewayProcess([server.url])
        for capture in captures {
            for seed in [nil, 5] as [UInt64?] {
                let answer = try Self.request(capture, seed: seed, version: "1.0").send(port: gateway.port)
                #expect(answer.status == capture.answer.status, "\(capture)")
                #expect(answer.header("transfer-encoding") == nil, "\(capture)")
                #expect(answer.text == capture.answer.text, "\(capture) seed \(seed as Any)")
            }
        }
    }

    @Test func `a captured stream that its engine cut ends with an error event, never as if it were whole`()
        throws
    {
        guard let shared = try requireShared("captured cuts") else { return }
        let captures = try ["vllm-cpu", "llamacpp"].flatMap { engine in
            try Capture.all(of: engine, in: shared) { $0.hasPrefix("cut-") }
        }
        #expect(captures.count >= 10)
        let server = Self.replay(captures)
        let gateway = try GatewayProcess([server.url])
        for capture in captures {
            for seed in [nil, 7] as [UInt64?] {
                let answer = try Self.request(capture, seed: seed).send(port: gateway.port)
                let sent = capture.answer
                #expect(answer.isWhole, "\(capture)")
                #expect(answer.body.starts(with: sent.body), "\(capture) seed \(seed as Any)")
                let rest = String(decoding: answer.body.dropFirst(sent.body.count), as: UTF8.self)
                if sent.isWhole {
                    #expect(rest == "", "\(capture)")
                } else {
                    #expect(rest.hasPrefix(#"data: {"error":{"message":""#), "\(capture): \(rest)")
                    #expect(rest.contains("closed the connection") && !rest.contains("[DONE]"), "\(capture)")
                }
            }
        }
    }

    @Test(arguments: ["vllm-cpu", "llamacpp"], ["chat-stream-usage", "completions-stream-usage"])
    func `the usage event that the gateway asked for is hidden, and nothing else`(
        engine: String, name: String
    ) throws {
        guard let shared = try requireShared("hidden usage of \(engine)/\(name)") else { return }
        let capture = try Capture.named(name, of: engine, in: shared)
        let server = Self.replay([capture])
        let gateway = try GatewayProcess([server.url])
        let events = capture.answer.events
        let visible = events.filter { !$0.contains(#""choices":[]"#) }
        for seed in [nil, 0, 1, 2, 3] as [UInt64?] {
            var request = Self.request(capture, seed: seed)
            request.body = #"{"model":"tiny","prompt":"a","messages":[],"stream":true}"#
            let answer = try request.send(port: gateway.port)
            #expect(answer.text == visible.joined())
            request.body =
                #"{"model":"tiny","prompt":"a","stream":true,"stream_options":{"include_usage":true}}"#
            let asked = try request.send(port: gateway.port)
            #expect(asked.text == events.joined())
        }
        #expect(events.last == "data: [DONE]\n\n")
        for post in server.posts {
            #expect(String(decoding: post.body, as: UTF8.self).contains(#""include_usage":true"#))
        }
        let counted = try eventually(seconds: 5) { try gateway.status.totals?.tokens?.output?.number == 240 }
        #expect(counted, "the hidden events told 24 tokens each, 10 times")
    }

    @Test(arguments: ["vllm-cpu", "llamacpp"])
    func `an engine's error reaches the client byte for byte`(engine: String) throws {
        guard let shared = try requireShared("captured errors of \(engine)") else { return }
        let captures = try Capture.all(of: engine, in: shared) {
            $0.hasPrefix("error-") && !$0.contains("stream")
        }
        let server = Self.replay(captures)
        let gateway = try GatewayProcess([server.url])
        for capture in captures {
            var request = Self.request(capture, seed: nil)
            request.body = #"{"model":"tiny","messages":[]}"#
            let answer = try request.send(port: gateway.port)
            #expect(answer.status == capture.answer.status, "\(capture)")
            #expect(answer.body == capture.answer.body, "\(capture)")
        }
    }
}
