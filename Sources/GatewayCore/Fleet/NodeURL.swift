/// Where a node is reached: "http://host:port/base".
package struct NodeURL: Sendable, Equatable, Hashable {
    package var host: String
    package var port: UInt16
    /// Empty, or begins with a slash and ends without one.
    package var basePath: String

    package struct Mistake: Error, Equatable { package let message: String }

    package init(host: String, port: UInt16, basePath: String = "") {
        self.host = host
        self.port = port
        self.basePath = basePath
    }

    package init(_ text: String) throws(Mistake) {
        if text.hasPrefix("https://") {
            throw Mistake(
                message: "\(text): https upstreams are not supported yet; use http:// or a local TLS proxy")
        }
        guard text.hasPrefix("http://") else {
            throw Mistake(
                message: "\(text): a node's URL begins with http://, for example http://10.0.0.1:8000")
        }
        let rest = text.dropFirst(7)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<slash]
        var base = String(rest[slash...])
        while base.hasSuffix("/") { base.removeLast() }
        if base == "/v1" { base = "" }  // people paste the client's base URL
        guard !authority.contains("@") else {
            throw Mistake(message: "\(text): no user or password in a URL; name a variable with apiKeyEnv")
        }
        guard base.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x3F && $0 != 0x23 && $0 < 0x7F }) else {
            throw Mistake(message: "\(text): a base path has no query, fragment or space")
        }
        (host, port) = try Self.split(authority, of: text)
        basePath = base
    }

    private static func split(_ authority: Substring, of text: String) throws(Mistake) -> (String, UInt16) {
        var name = authority
        var port: UInt16 = 80
        let isBracketed = authority.hasPrefix("[")
        if let colon = authority.lastIndex(of: ":"),
            !isBracketed || authority[colon...].contains("]") == false,
            !isBracketed || authority[..<colon].hasSuffix("]")
        {
            guard let number = UInt16(authority[authority.index(after: colon)...]), number > 0 else {
                throw Mistake(message: "\(text): the port must be 1 to 65535")
            }
            port = number
            name = authority[..<colon]
        }
        if isBracketed { name = name.dropFirst().dropLast() }
        let isName = name.utf8.allSatisfy { c in
            c >= 0x30 && c <= 0x39 || c >= 0x61 && c <= 0x7A || c >= 0x41 && c <= 0x5A || c == 0x2D
                || c == 0x2E
                || c == 0x5F || c == 0x3A && isBracketed
        }
        guard !name.isEmpty, isName else {
            throw Mistake(message: "\(text): a host name is missing or malformed")
        }
        return (String(name), port)
    }

    /// As it is written in a Host header.
    package var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension NodeURL: CustomStringConvertible {
    package var description: String { "http://\(authority)\(basePath)" }
}
