import Foundation
import GatewayCore

/// An HTTP answer as it came over a socket.
struct TestAnswer {
    var status: Int
    var head: String
    var body: String
    /// The chunks as they were framed; empty for a body with a length.
    var chunks: [String] = []
    var isChunked = false

    func header(_ name: String) -> String? { headerValue(name, in: head) }
    /// The data lines of an event stream.
    var events: [String] {
        body.components(separatedBy: "\n\n").filter { $0.hasPrefix("data: ") }.map { String($0.dropFirst(6)) }
    }
}

func headerValue(_ name: String, in head: String) -> String? {
    for line in head.components(separatedBy: "\r\n").dropFirst() {
        let parts = line.split(separator: ":", maxSplits: 1)
        if parts.count == 2, parts[0].lowercased() == name.lowercased() {
            return parts[1].trimmingCharacters(in: .whitespaces)
        }
    }
    return nil
}

extension TestSocket {
    /// The next answer.
    /// - Parameter isHead: it answers HEAD, so it has no body whatever its head says.
    func answer(isHead: Bool = false, seconds: Double = 10) throws -> TestAnswer {
        guard let head = through("\r\n\r\n", seconds: seconds) else {
            throw Failed(description: "no answer; came: \(String(decoding: pending, as: UTF8.self))")
        }
        let status = Int(head.split(separator: " ").dropFirst().first ?? "") ?? 0
        var answer = TestAnswer(status: status, head: head, body: "")
        if isHead || status < 200 || status == 204 || status == 304 { return answer }
        if headerValue("transfer-encoding", in: head) == "chunked" {
            answer.isChunked = true
            while let chunk = try chunk(seconds: seconds) {
                if chunk.isEmpty { break }
                answer.chunks.append(chunk)
            }
            answer.body = answer.chunks.joined()
        } else if let length = headerValue("content-length", in: head).flatMap({ Int($0) }) {
            guard let bytes = exactly(length, seconds: seconds) else {
                throw Failed(description: "the body ended before its \(length) bytes")
            }
            answer.body = String(decoding: bytes, as: UTF8.self)
        } else {
            answer.body = String(decoding: rest(seconds: seconds), as: UTF8.self)
        }
        return answer
    }

    /// The next chunk; the empty one is the last.
    func chunk(seconds: Double = 10) throws -> String? {
        guard let line = through("\r\n", seconds: seconds),
            let size = Int(line.dropLast().prefix { $0 != ";" }, radix: 16),
            let bytes = exactly(size + 2, seconds: seconds), bytes.suffix(2) == [13, 10]
        else { throw Failed(description: "the chunked body broke off") }
        return String(decoding: bytes.dropLast(2), as: UTF8.self)
    }

    func ask(_ request: String) throws -> TestAnswer {
        send(request)
        return try answer()
    }
}

/// A POST with a JSON body.
func post(_ path: String, _ body: String, headers: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n\(headers)"
        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

/// A chat completion.
func chat(
    _ text: String = "hello", model: String = "tiny", stream: Bool = false, more: String = "",
    headers: String = ""
) -> String {
    let streaming = stream ? "\"stream\":true," : ""
    return post(
        "/v1/chat/completions",
        "{\"model\":\"\(model)\",\(streaming)\(more)\"messages\":[{\"role\":\"user\",\"content\":\"\(text)\"}]}",
        headers: headers)
}
