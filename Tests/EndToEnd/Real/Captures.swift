import Foundation

/// One answer of a real engine, byte for byte as it was captured.
struct Capture: Sendable, CustomStringConvertible {
    var engine: String
    var name: String
    var bytes: [UInt8]
    /// The body of the request that brought it.
    var request: String

    var description: String { "\(engine)/\(name)" }
    var answer: RawAnswer { RawAnswer(bytes)! }

    /// The route that it came from; the gateway has none for llama.cpp's native one, which goes as a completion.
    var path: String {
        if name.contains("messages") { return "/v1/messages" }
        if name.contains("responses") { return "/v1/responses" }
        return name.contains("completion") ? "/v1/completions" : "/v1/chat/completions"
    }

    static func named(_ name: String, of engine: String, in shared: URL) throws -> Capture {
        guard let found = try all(of: engine, in: shared, where: { $0 == name }).first else {
            throw GatewayProcess.Failure(what: "no capture \(engine)/\(name)")
        }
        return found
    }

    static func all(
        of engine: String, in shared: URL, where matches: (String) -> Bool
    ) throws -> [Capture] {
        let folder = shared.appendingPathComponent("fixtures/live/\(engine)")
        let index =
            try JSONSerialization.jsonObject(
                with: Data(contentsOf: folder.appendingPathComponent("index.json")))
            as? [String: [String: Any]]
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        return try files.compactMap { file in
            guard let end = file.range(of: ".http"), matches(String(file[..<end.lowerBound])) else {
                return nil
            }
            let name = String(file[..<end.lowerBound])
            var body = index?[name]?["body"] as? [String: Any] ?? [:]
            body["model"] = "tiny"
            let request = try JSONSerialization.data(withJSONObject: body, options: .sortedKeys)
            return Capture(
                engine: engine, name: name, bytes: try read(folder.appendingPathComponent(file)),
                request: String(decoding: request, as: UTF8.self))
        }
    }

    private static func read(_ file: URL) throws -> [UInt8] {
        guard file.pathExtension == "gz" else { return Array(try Data(contentsOf: file)) }
        let unpacked = try runToEnd("/usr/bin/env", ["gzip", "-dc", file.path])
        return Array(unpacked.out.utf8)
    }
}

/// splitmix64, so that a seed repeats a run.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
