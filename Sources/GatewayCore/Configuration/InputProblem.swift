/// What is wrong with a text that an operator wrote, and what to write instead.
package struct InputProblem: Error, Sendable, Equatable, CustomStringConvertible {
    package var message: String
    package var remedy: String

    package init(_ message: String, remedy: String) {
        self.message = message
        self.remedy = remedy
    }

    package var description: String { "\(message); \(remedy)" }
}

/// A mistake in a configuration file and its place.
package struct ConfigurationIssue: Error, Sendable, Equatable {
    /// Both count from 1.
    package var line: Int
    package var column: Int
    package var message: String
    package var remedy: String

    package init(at position: SourcePosition, _ message: String, remedy: String) {
        line = position.line
        column = position.column
        self.message = message
        self.remedy = remedy
    }

    /// The line that compilers and editors understand.
    package func text(file: String) -> String { "\(file):\(line):\(column): \(message); \(remedy)" }
}

/// A foreign text in quotes as a message may show it: short, nothing that a terminal would obey.
package func quoted(_ text: some StringProtocol) -> String {
    let safe = text.unicodeScalars.prefix(60).map { $0.isPrintable ? Character($0) : "?" }
    return "\"\(String(safe))\(text.unicodeScalars.count > 60 ? "..." : "")\""
}
