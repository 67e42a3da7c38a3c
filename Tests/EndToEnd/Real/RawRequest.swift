import Foundation

/// A request that a test sends as bytes, on a connection of its own.
struct RawRequest: Sendable {
    var method = "POST"
    var path: String
    var headers: [String] = []
    var body = ""
    var version = "1.1"

    static func get(_ path: String) -> RawRequest { RawRequest(method: "GET", path: path) }

    /// A chat at temperature 0, so that the same prompt gives the same answer.
    /// - Parameter more: members after the others, such as `,"stream":true`.
    static func chat(_ prompt: String, maxTokens: Int, model: String = "tiny", _ more: String = "")
        -> RawRequest
    {
        RawRequest(
            path: "/v1/chat/completions",
            body: """
                {"model":"\(model)","messages":[{"role":"user","content":"\(prompt)"}],\
                "max_tokens":\(maxTokens),"temperature":0\(more)}
                """)
    }

    static func completion(_ prompt: String, maxTokens: Int, _ more: String = "") -> RawRequest {
        RawRequest(
            path: "/v1/completions",
            body: """
                {"model":"tiny","prompt":"\(prompt)","max_tokens":\(maxTokens),"temperature":0\(more)}
                """)
    }

    func with(header: String) -> RawRequest {
        var copy = self
        copy.headers.append(header)
        return copy
    }

    var bytes: [UInt8] {
        var lines = ["\(method) \(path) HTTP/\(version)", "Host: test", "Connection: close"] + headers
        if !body.isEmpty {
            lines += ["Content-Type: application/json", "Content-Length: \(body.utf8.count)"]
        }
        return Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    }

    /// Sends it and leaves the answer to the caller.
    func open(port: UInt16) throws -> RawConnection {
        let connection = try RawConnection(port: port)
        connection.send(bytes)
        return connection
    }

    func send(port: UInt16, seconds: Double = 60) throws -> RawAnswer {
        let answer = try open(port: port).receiveAll(seconds: seconds)
        guard let parsed = RawAnswer(answer) else {
            throw RawConnection.Failure(what: "no answer but \(answer.count) bytes")
        }
        return parsed
    }
}
