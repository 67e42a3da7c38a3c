/// A numeric address and port to listen on.
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// "127.0.0.1" or "::1", without brackets.
    package var host: String
    /// 0: any free one.
    package var port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads "127.0.0.1:8080", "[::1]:8080" or "localhost:8080".
    package init(parsing text: String) throws(InputProblem) {
        let (hostText, portText) = splitPort(text)
        guard let portText else {
            throw InputProblem("\(quoted(text)) has no port", remedy: Self.remedy)
        }
        guard let port = parsePort(portText) else {
            throw InputProblem("\(quoted(portText)) is no port", remedy: "write a number from 0 to 65535")
        }
        guard !hostText.isEmpty else {
            throw InputProblem(
                "\(quoted(text)) has no address",
                remedy: "write 127.0.0.1:\(port) for this machine only, 0.0.0.0:\(port) for every network")
        }
        let isBracketed = hostText.hasPrefix("[") && hostText.hasSuffix("]")
        let host = isBracketed ? String(hostText.dropFirst().dropLast()) : String(hostText)
        let numeric = host == "localhost" ? "127.0.0.1" : host
        guard SocketAddress(numeric: numeric, port: port) != nil, isBracketed == host.contains(":") else {
            throw InputProblem("\(quoted(hostText)) is no address to listen on", remedy: Self.remedy)
        }
        self.init(host: numeric, port: port)
    }

    private static let remedy =
        "write ADDRESS:PORT with a numeric address, for example 127.0.0.1:8080 or [::1]:8080"

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Splits at the colon before a port; one inside an IPv6 address's brackets is none.
func splitPort(_ text: some StringProtocol) -> (host: String, port: String?) {
    guard let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") else {
        return (String(text), nil)
    }
    return (String(text[..<colon]), String(text[text.index(after: colon)...]))
}

/// Decimal digits only: no sign, no more than 65535.
func parsePort(_ text: String) -> UInt16? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return UInt16(text)
}
