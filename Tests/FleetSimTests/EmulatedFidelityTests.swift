import FleetSim
import Foundation
import TestSupport
import Testing

/// The emulator's names and shapes against captures of the real thing: those are the judge.
@Suite(.enabled(if: sharedFolder != nil))
struct EmulatedFidelityTests {
    private func capture(_ path: String) throws -> String {
        let folder = try #require(sharedFolder)
        return try String(contentsOf: folder.appendingPathComponent("fixtures/\(path)"), encoding: .utf8)
    }

    private struct Exposition {
        var types: [String: String] = [:]
        /// Names with their label names, sorted.
        var series: Set<String> = []
        /// The upper bounds of each histogram in order.
        var bounds: [String: [String]] = [:]

        init(_ text: String) {
            for line in text.split(separator: "\n") {
                if line.hasPrefix("# TYPE ") {
                    let words = line.split(separator: " ")
                    types[String(words[2])] = String(words[3])
                }
                guard !line.hasPrefix("#"), let open = line.firstIndex(of: "{") else { continue }
                let name = String(line[..<open])
                let labels = line[open...].matches(of: /[{,]([A-Za-z_]+)="((?:[^"\\]|\\.)*)"/)
                series.insert(name + " " + labels.map { String($0.1) }.sorted().joined(separator: ","))
                if let bound = labels.first(where: { $0.1 == "le" }) {
                    bounds[name, default: []].append(String(bound.2))
                }
            }
        }
    }

    @Test func `every series, type and label of the engine's metrics is in a capture of vLLM`() throws {
        let engine = try RunningEngine()
        let emulated = Exposition(try engine.get("/metrics").body)
        let real = Exposition(try capture("live/vllm-cpu/metrics-during.prom"))
        #expect(emulated.series.count > 50)
        for (name, type) in emulated.types { #expect(real.types[name] == type, "\(name)") }
        for series in emulated.series where !series.hasPrefix("vllm:cache_config_info") {
            #expect(real.series.contains(series), "\(series)")
        }
        let ours = try #require(emulated.series.first { $0.hasPrefix("vllm:cache_config_info") })
        let theirs = try #require(real.series.first { $0.hasPrefix("vllm:cache_config_info") })
        let known = Set(theirs.split(separator: " ")[1].split(separator: ","))
        #expect(Set(ours.split(separator: " ")[1].split(separator: ",")).isSubset(of: known))
        // The real one had the same longest context, so that all bounds must be equal.
        for (name, bounds) in emulated.bounds { #expect(real.bounds[name] == bounds, "\(name)") }
    }

    @Test func `every series, type and label of the GPU telemetry is in a capture of the DCGM exporter`()
        throws
    {
        let engine = try RunningEngine()
        let emulated = Exposition(try engine.get("/gpu/metrics").body)
        let files = [
            "dcgm-4-l4-profiling", "dcgm-4-8xh100-pod-uid-excerpt", "dcgm-4-8xh100-dynamo-pod-excerpt",
            "dcgm-2-tesla-t4",
        ]
        let real = Exposition(try files.map { try capture("metrics/\($0).txt") }.joined(separator: "\n"))
        #expect(emulated.types.count == 17)
        for (name, type) in emulated.types { #expect(real.types[name] == type, "\(name)") }
        let names = Set(real.series.map { $0.split(separator: " ")[0] })
        let labels = Set(real.series.map { $0.split(separator: " ")[1] })
        for series in emulated.series {
            let parts = series.split(separator: " ")
            #expect(names.contains(parts[0]), "\(series)")
            #expect(labels.contains(parts[1]), "\(series)")
        }
    }

    /// The keys of a JSON text in their order, values left out; of a list of plain values, that there are some.
    private func shape(_ json: JSONValue) -> String {
        switch json {
        case .object(let members):
            "{" + members.map { $0.key + ":" + shape($0.value) }.joined(separator: ",") + "}"
        case .array(let items) where items.allSatisfy { $0.integer != nil }: items.isEmpty ? "[]" : "[value]"
        case .array(let items): "[" + items.map(shape).joined(separator: ",") + "]"
        case .null: "null"
        case .bool, .number, .string: "value"
        }
    }

    /// The shapes of a stream's events, repetitions left out.
    private func shapes(ofStream body: String) throws -> [String] {
        var shapes: [String] = []
        for line in body.split(whereSeparator: \.isNewline) where line.hasPrefix("data: {") {
            let shape = shape(try JSONValue.parse(Array(line.dropFirst(6).utf8)))
            if shapes.last != shape { shapes.append(shape) }
        }
        return shapes
    }

    @Test(arguments: [
        ("chat-stream", "/v1/chat/completions", #""messages":[{"role":"user","content":"hi"}]"#),
        (
            "chat-stream-usage", "/v1/chat/completions",
            #""messages":[{"role":"user","content":"hi"}],"stream_options":{"include_usage":true}"#
        ),
        ("completions-stream", "/v1/completions", #""prompt":"hello""#),
        (
            "completions-stream-usage", "/v1/completions",
            #""prompt":"hello","stream_options":{"include_usage":true}"#
        ),
        (
            "chat-stream-token-ids", "/v1/chat/completions",
            #""messages":[{"role":"user","content":"hi"}],"return_token_ids":true,"#
                + #""stream_options":{"include_usage":true}"#
        ),
        ("completions-stream-token-ids", "/v1/completions", #""prompt":"hello","return_token_ids":true"#),
    ])
    func `a stream's events have vLLM's keys in vLLM's order`(name: String, path: String, fields: String)
        throws
    {
        let engine = try RunningEngine()
        let body = #"{"model":"tiny","stream":true,"max_tokens":6,"ignore_eos":true,\#(fields)}"#
        let emulated = try shapes(ofStream: engine.post(path, body).body)
        let real = try shapes(ofStream: capture("live/vllm-cpu/\(name).http"))
        #expect(emulated == real)
    }

    @Test(arguments: [
        ("chat-token-ids", "/v1/chat/completions", #""messages":[{"role":"user","content":"hi"}]"#, true),
        ("chat-again-cached", "/v1/chat/completions", #""messages":[{"role":"user","content":"hi"}]"#, false),
        ("completions-token-ids-prompt", "/v1/completions", #""prompt":[1,2,3]"#, false),
    ])
    func `an answer in one piece has vLLM's keys in vLLM's order`(
        name: String, path: String, fields: String, returnsIDs: Bool
    ) throws {
        let engine = try RunningEngine()
        let body =
            #"{"model":"tiny","max_tokens":6,"ignore_eos":true,"return_token_ids":\#(returnsIDs),\#(fields)}"#
        let emulated = try JSONValue.parse(Array(engine.post(path, body).body.utf8))
        let real = try capture("live/vllm-cpu/\(name).http").components(separatedBy: "\r\n\r\n")[1]
        let realKeys = keys(try JSONValue.parse(Array(real.utf8)))
        #expect(keys(emulated) == realKeys)
    }

    /// The keys alone, as whether a value is null depends on how an engine was started.
    private func keys(_ json: JSONValue) -> String {
        switch json {
        case .object(let members):
            "{" + members.map { $0.key + ":" + keys($0.value) }.joined(separator: ",") + "}"
        case .array(let items): "[" + (items.first.map(keys) ?? "") + "]"
        case .null, .bool, .number, .string: "value"
        }
    }

    @Test(arguments: [
        ("error-unknown-model", #"{"model":"huge","messages":[{"role":"user","content":"hi"}]}"#),
        ("error-no-messages", #"{"model":"tiny"}"#),
        ("error-empty-body", ""),
        (
            "error-wrong-type",
            #"{"model":"tiny","messages":[{"role":"user","content":"hi"}],"max_tokens":"many"}"#
        ),
        (
            "error-max-tokens-too-many",
            #"{"model":"tiny","messages":[{"role":"user","content":"hi"}],"max_tokens":100000}"#
        ),
        (
            "error-negative-temperature",
            #"{"model":"tiny","messages":[{"role":"user","content":"hi"}],"temperature":-1.0}"#
        ),
    ])
    func `an error is vLLM's to the byte`(name: String, body: String) throws {
        let engine = try RunningEngine()
        let answer = try engine.post("/v1/chat/completions", body)
        let real = try capture("live/vllm-cpu/\(name).http").split(separator: "\r\n\r\n", maxSplits: 1)
        #expect(real[0].hasPrefix("HTTP/1.1 \(answer.status) "))
        #expect(answer.body == real[1].trimmingCharacters(in: .newlines))
    }

    @Test func `a prompt longer than the context, a wrong route and a wrong method are refused as vLLM does`()
        throws
    {
        let engine = try RunningEngine()
        let words = String(repeating: "abcd", count: 16_378)
        let long = try engine.post(
            "/v1/chat/completions", #"{"model":"tiny","messages":[{"role":"user","content":"\#(words)"}]}"#)
        let real = try capture("live/vllm-cpu/error-too-long-prompt.http").split(
            separator: "\r\n\r\n", maxSplits: 1)
        #expect(long.body == real[1].trimmingCharacters(in: .newlines))
        for (name, method, path) in [
            ("error-no-such-route", "GET", "/nowhere"), ("error-wrong-method", "GET", "/v1/chat/completions"),
        ] {
            let answer = try engine.client().ask(method, path)
            let real = try capture("live/vllm-cpu/\(name).http").split(separator: "\r\n\r\n", maxSplits: 1)
            #expect(real[0].hasPrefix("HTTP/1.1 \(answer.status) "))
            #expect(answer.body == real[1].trimmingCharacters(in: .newlines))
        }
    }
}
