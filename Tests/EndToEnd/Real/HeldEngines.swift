import Foundation
import Synchronization

/// Engines that hold each answer until they are told to give it, and tell which of them was asked.
final class HeldEngines: Sendable {
    private final class Ticket: Sendable {
        let engine = Mutex<Int?>(nil)
        let asked = DispatchSemaphore(value: 0)
        let release = DispatchSemaphore(value: 0)
    }

    private let tickets: [Ticket]
    private let servers: [RawServer]

    var urls: [String] { servers.map(\.url) }

    /// - Parameter requests: their `seed` is a number below this.
    init(_ count: Int, requests: Int) {
        let tickets = (0..<requests).map { _ in Ticket() }
        self.tickets = tickets
        servers = (0..<count).map { engine in
            RawServer { request, connection in
                let json = try? JSONDecoder().decode(JSON.self, from: Data(request.body))
                switch request.path {
                case "/v1/completions":
                    guard let number = json?.seed?.number, tickets.indices.contains(Int(number)) else {
                        return
                    }
                    let ticket = tickets[Int(number)]
                    ticket.engine.withLock { $0 = engine }
                    ticket.asked.signal()
                    ticket.release.wait()
                    connection.send(Self.answer(Self.completion))
                case "/tokenize":
                    connection.send(Self.answer(Self.tokens(of: json?.prompt?.string ?? "")))
                default:
                    connection.send(Self.answer(#"{"detail":"Not Found"}"#, status: "404 Not Found"))
                }
            }
        }
    }

    /// Those that still wait would wait for ever.
    deinit { for ticket in tickets { ticket.release.signal() } }

    /// The engine that was asked; nil: none within `seconds`.
    func engine(of number: Int, seconds: Double) -> Int? {
        guard tickets[number].asked.wait(timeout: .now() + seconds) == .success else { return nil }
        return tickets[number].engine.withLock { $0 }
    }

    func answer(_ number: Int) { tickets[number].release.signal() }

    private static let completion = """
        {"id":"cmpl-1","object":"text_completion","created":1,"model":"tiny",\
        "choices":[{"index":0,"text":"a","finish_reason":"stop"}],\
        "usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}
        """

    /// A token for every four bytes, in vLLM's words.
    private static func tokens(of prompt: String) -> String {
        let bytes = Array(prompt.utf8)
        let tokens = stride(from: 0, to: bytes.count, by: 4).map { start in
            bytes[start..<min(start + 4, bytes.count)].reduce(0) { ($0 * 131 + Int($1)) % 100_003 }
        }
        return #"{"count":\#(tokens.count),"max_model_len":65536,"tokens":\#(tokens),"token_strs":null}"#
    }

    private static func answer(_ body: String, status: String = "200 OK") -> [UInt8] {
        Array(
            ("HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n"
                + "Connection: close\r\n\r\n\(body)").utf8)
    }
}
