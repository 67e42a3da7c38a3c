import Foundation
import GatewayCore
import TestSupport
import Testing

/// A captured answer's body, out of its framing.
func captured(_ path: String) throws -> [UInt8] {
    let url = try #require(sharedFolder).appendingPathComponent("fixtures/live/\(path)")
    let raw = [UInt8](try Data(contentsOf: url))
    guard case .complete(let head) = ResponseHead.parse(raw.span.bytes) else {
        throw CocoaError(.fileReadCorruptFile)
    }
    let body = Array(raw[head.byteCount...])
    return head.isChunked ? Dechunked([body]).data : body
}

/// Events without what is made anew for every request: ids and times.
func comparable(_ stream: [UInt8]) -> [String] {
    String(decoding: stream, as: UTF8.self).components(separatedBy: "\n\n").filter { !$0.isEmpty }.map {
        event in
        var text = event
        for (pattern, value) in [
            ("\"id\":\"[^\"]*\"", "\"id\":0"), ("\"created\":[0-9]+", "\"created\":0"),
            ("\"timings\":\\{[^}]*\\}", "\"timings\":0"), ("\"cached_tokens\":[0-9]+", "\"cached_tokens\":0"),
        ] {
            text = text.replacingOccurrences(of: pattern, with: value, options: .regularExpression)
        }
        return text
    }
}

extension ByteQueue {
    var array: [UInt8] { withBytes { $0.array(0..<$0.byteCount) } }
}
