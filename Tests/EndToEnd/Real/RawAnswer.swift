import Foundation

/// One HTTP answer taken apart, its body without chunk framing.
struct RawAnswer: Sendable {
    var status: Int
    var head: String
    var body: [UInt8]
    /// The last chunk or the announced length came; without framing: the connection was closed.
    var isWhole: Bool

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSON? { try? JSONDecoder().decode(JSON.self, from: Data(body)) }

    /// The events of a server-sent stream, each with its blank line.
    var events: [String] {
        text.components(separatedBy: "\n\n").dropLast().map { $0 + "\n\n" }
    }

    func header(_ name: String) -> String? {
        for line in head.components(separatedBy: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.first?.lowercased() == name.lowercased() {
                return parts.dropFirst().first?.trimmingCharacters(in: .whitespaces) ?? ""
            }
        }
        return nil
    }

    init?(_ bytes: [UInt8]) {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        guard let status = head.split(separator: " ").dropFirst().first.flatMap({ Int($0.prefix(3)) }) else {
            return nil
        }
        self.status = status
        body = []
        isWhole = true
        let rest = bytes[end.upperBound...]
        if header("transfer-encoding")?.lowercased() == "chunked" {
            (body, isWhole) = Self.unchunk(rest)
        } else {
            body = Array(rest)
            if let length = header("content-length").flatMap({ Int($0) }) { isWhole = body.count == length }
        }
    }

    private static func unchunk(_ bytes: ArraySlice<UInt8>) -> ([UInt8], Bool) {
        var body: [UInt8] = []
        var rest = bytes
        while let lineEnd = rest.firstRange(of: [0x0D, 0x0A]) {
            let sizeText = String(decoding: rest[..<lineEnd.lowerBound], as: UTF8.self)
            guard let size = Int(sizeText.prefix { $0 != ";" }, radix: 16) else { return (body, false) }
            rest = rest[lineEnd.upperBound...]
            if size == 0 { return (body, true) }
            guard rest.count >= size + 2 else { return (body + rest.prefix(size), false) }
            body += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
        return (body, false)
    }
}

/// Any JSON value, by path.
@dynamicMemberLookup
enum JSON: Decodable, Equatable, Sendable {
    case null, bool(Bool), number(Double), string(String), list([JSON]), object([String: JSON])

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let bool = try? value.decode(Bool.self) {
            self = .bool(bool)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let string = try? value.decode(String.self) {
            self = .string(string)
        } else if let list = try? value.decode([JSON].self) {
            self = .list(list)
        } else {
            self = .object(try value.decode([String: JSON].self))
        }
    }

    subscript(dynamicMember name: String) -> JSON? {
        if case .object(let members) = self { return members[name] }
        return nil
    }

    subscript(index: Int) -> JSON? {
        if case .list(let items) = self, items.indices.contains(index) { return items[index] }
        return nil
    }

    var number: Double? {
        if case .number(let value) = self { return value }
        return nil
    }
    var string: String? {
        if case .string(let value) = self { return value }
        return nil
    }
    var list: [JSON]? {
        if case .list(let value) = self { return value }
        return nil
    }
}
