/// Where an engine or an exporter answers: the parts of an http URL.
package struct EngineURL: Sendable, Hashable, CustomStringConvertible {
    /// A name in lower case or a numeric address, without brackets.
    package let host: String
    package let port: UInt16
    /// "" or what stands before the engine's own paths, "/base": no slash at its end.
    package var path: String
    /// "host:port", with brackets around an IPv6 address.
    package let authority: String

    package var description: String { "http://\(authority)\(path)" }

    /// Reads "http://HOST[:PORT][/PATH]"; the port is 80 when none is given.
    package init(parsing text: String) throws(InputProblem) {
        let rest = try Self.afterScheme(text)
        let authorityText = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let pathText = rest.dropFirst(authorityText.count)
        guard !authorityText.contains("@") else {
            throw InputProblem(
                "a URL with a user or password", remedy: "remove it; a key goes into apiKeyEnv")
        }
        guard !pathText.contains("?"), !pathText.contains("#") else {
            throw InputProblem(
                "\(quoted(text)) has a query or fragment", remedy: "end the URL before ? and #")
        }
        let (hostText, portText) = splitPort(authorityText)
        host = try Self.host(hostText)
        port = try Self.port(portText)
        authority = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        path = String(pathText)
        while path.hasSuffix("/") { path.removeLast() }
        guard path.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), path.utf8.count <= 256 else {
            throw InputProblem(
                "the path of \(quoted(text)) has characters that a URL can't have, or more than 256",
                remedy: "write other characters as %XX")
        }
    }

    private static func afterScheme(_ text: String) throws(InputProblem) -> Substring {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else {
            throw InputProblem("\(quoted(text)) is no URL", remedy: "write http://HOST:PORT")
        }
        let rest = text[colon...].dropFirst(3)
        switch text[..<colon].lowercased() {
        case "http": return rest
        case "https":
            throw InputProblem(
                "https upstreams are not supported yet",
                remedy: "write http://..., or put a TLS proxy on this machine before the engine")
        case let scheme:
            throw InputProblem("\(quoted(scheme)) is no scheme known here", remedy: "write http://HOST:PORT")
        }
    }

    private static func port(_ text: String?) throws(InputProblem) -> UInt16 {
        guard let text else { return 80 }
        guard let port = parsePort(text), port > 0 else {
            throw InputProblem("\(quoted(text)) is no port", remedy: "write a number from 1 to 65535")
        }
        return port
    }

    /// A bracketed IPv6 address, an IPv4 address or a name by RFC 1123 with underscores, which Docker makes.
    private static func host(_ text: String) throws(InputProblem) -> String {
        guard !text.isEmpty else {
            throw InputProblem("a URL without a host", remedy: "write http://HOST:PORT")
        }
        if text.hasPrefix("["), text.hasSuffix("]") {
            let inner = String(text.dropFirst().dropLast())
            if inner.contains(":"), SocketAddress(numeric: inner, port: 0) != nil {
                return inner.lowercased()
            }
            throw InputProblem("\(quoted(text)) is no IPv6 address", remedy: "write one such as [fd00::1]")
        }
        guard !text.contains(":") else {
            throw InputProblem(
                "\(quoted(text)) is no host", remedy: "write an IPv6 address in brackets: [fd00::1]")
        }
        let looksNumeric = text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
        if looksNumeric {
            if SocketAddress(numeric: text, port: 0) != nil { return text }
            throw InputProblem(
                "\(quoted(text)) is no IPv4 address", remedy: "write four numbers from 0 to 255")
        }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        let areRight = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.utf8.allSatisfy(isNameByte) && !label.hasPrefix("-")
        }
        guard areRight, text.utf8.count <= 253 else {
            throw InputProblem(
                "\(quoted(text)) is no host name",
                remedy: "use letters, digits, dots and hyphens (punycode for others)")
        }
        return text.lowercased()
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }
}
