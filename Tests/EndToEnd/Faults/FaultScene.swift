import Foundation
import TestSupport

/// Emulated engines that can be told to fail, each a process, and a gateway before them.
struct FaultScene: Sendable {
    static let model = "tiny"

    let signalbox: Signalbox
    let engines: [Engine]
    let gateway: Serving
    let names: [String]

    /// - Parameters:
    ///   - speed: of the engines, against the hardware they emulate.
    ///   - limits, streams: of the gateway, as in a configuration.
    init(
        engines count: Int, speed: Double = 5, flags: [String] = [], limits: String = "",
        streams: String = "",
        policy: String = "round-robin"
    ) async throws {
        let signalbox = try Signalbox()
        self.signalbox = signalbox
        var engines: [Engine] = []
        for _ in 0..<count { engines.append(try await Self.engine(signalbox, speed: speed, flags: flags)) }
        self.engines = engines
        names = engines.indices.map { "node-\($0)" }
        let nodes = zip(names, engines).map { #"{ name: "\#($0)", url: "\#($1.url)" }"# }
        let file = try signalbox.folder.write(
            """
            { policy: "\(policy)", nodes: [\(nodes.joined(separator: ", "))],
              scrape: { intervalSeconds: 0.2, timeoutSeconds: 1 }, limits: { \(limits) }, streams: { \(streams) } }
            """, to: "fleet.json5")
        gateway = try await Serving(signalbox, ["--config", file])
        _ = try await signalbox.waitForServing(gateway.admin)
    }

    static func engine(_ signalbox: Signalbox, speed: Double, flags: [String] = []) async throws -> Engine {
        try await Engine(signalbox, port: 0, words(speed: speed, port: nil).dropFirst() + flags)
    }

    /// A command line of an engine.
    static func words(speed: Double, port: Int?) -> [String] {
        ["engine", "--model", model, "--speed", "\(speed)", "--kv-tokens", "400000"]
            + (port.map { ["--port", "\($0)"] } ?? [])
    }

    /// Asks all at once through the gateway and judges what each was told.
    func ask(_ questions: [Question], _ wanted: [String], within seconds: Double) throws -> [Told.Verdict] {
        let crowd = try Crowd(gateway.url)
        for question in questions { try crowd.add(question.request) }
        try crowd.serveAll(within: seconds)
        return verdicts(crowd, questions, wanted)
    }

    func verdicts(_ crowd: Crowd, _ questions: [Question], _ wanted: [String]) -> [Told.Verdict] {
        crowd.clients.map { client in
            let question = questions[client.number]
            return Told(client).verdict(
                wanted: wanted[client.number], tokens: question.tokens, isChat: question.isChat)
        }
    }

    /// Tells an engine what to do wrong.
    func tell(_ engine: Int, _ query: String) async throws {
        let answer = try await HTTP.post(engines[engine].url + "/emulator?" + query, "")
        guard answer.status == 200 else { throw Program.Failure(description: answer.body) }
    }

    func account(_ engine: Int) async throws -> EngineBooks {
        let answer = try await HTTP.get(engines[engine].url + "/emulator")
        return try JSONDecoder().decode(EngineBooks.self, from: Data(answer.body.utf8))
    }

    /// The status when so many requests came, nothing is in flight and all of them are in the books.
    func settled(_ requests: Int, within seconds: Double = 20) async throws -> Status {
        var last: [String: Int] = [:]
        return try await eventually(
            "\(requests) requests settled", within: seconds, seen: { "\(last)" }
        ) {
            let status = try await signalbox.status(gateway.admin)
            last = status.requests
            let ended = ["completed", "cancelled", "failed", "refused"].reduce(0) { $0 + (last[$1] ?? 0) }
            return last["received"] == requests && ended == requests && last["active"] == 0
                && last["queued"] ?? 0 == 0 ? status : nil
        }
    }
}

/// What `GET /emulator` says.
struct EngineBooks: Decodable {
    struct Departure: Decodable {
        let user: String
        let at: UInt64
    }
    let connections: Int
    let open: Int
    let completions: Int
    let unfinished: Int
    let finished: Int
    let finished_tokens: Int
    let written_tokens: Int
    let left: Int
    let departures: [Departure]
}

/// A question whose answer is known: its number stands in the tokens that the answer follows from.
struct Question: Sendable {
    var number: Int
    var isChat = true
    var isStreamed = true
    var tokens = 96
    var temperature = 0.0
    /// More members of the body.
    var more = ""
    /// More header lines, each with its end.
    var headers = ""

    var request: Crowd.Request {
        let prompt =
            isChat
            ? #""messages":[{"role":"user","content":"Say something about number \#(number)"}]"#
            : #""prompt":"Once upon a time there was number \#(number)""#
        return Crowd.Request(
            path: isChat ? "/v1/chat/completions" : "/v1/completions", headers: headers,
            body:
                #"{"model":"\#(FaultScene.model)","stream":\#(isStreamed),"temperature":\#(temperature),"ignore_eos":true,"#
                + #""max_tokens":\#(tokens),"user":"c\#(number)",\#(prompt)\#(more)}"#)
    }

    /// Streamed chats and completions by turns.
    static func mixed(_ count: Int, tokens: Int, from first: Int = 0) -> [Question] {
        (0..<count).map { Question(number: first + $0, isChat: $0 / 2 % 2 == 0, tokens: tokens) }
    }

    /// What an engine answers when nothing goes wrong.
    static func undisturbed(_ questions: [Question], _ signalbox: Signalbox) async throws -> [String] {
        let engine = try await FaultScene.engine(signalbox, speed: 200)
        let crowd = try Crowd(engine.url)
        for question in questions { try crowd.add(question.request) }
        try crowd.serveAll(within: 120)
        return try crowd.clients.map { client in
            let told = Told(client)
            guard told.finish == "length", told.text.utf8.count == 4 * questions[client.number].tokens else {
                throw Program.Failure(description: "the undisturbed run was disturbed: \(told)")
            }
            return told.text
        }
    }
}
