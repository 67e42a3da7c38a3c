/// A text as scalars with a place in it that only moves forward.
struct JSON5Cursor {
    private let scalars: [Unicode.Scalar]
    private var index = 0
    private(set) var position = SourcePosition(line: 1, column: 1)

    init(_ scalars: [Unicode.Scalar]) { self.scalars = scalars }

    var isAtEnd: Bool { index >= scalars.count }

    /// The scalar at the cursor, or `ahead` of it; nil past the end.
    func peek(_ ahead: Int = 0) -> Unicode.Scalar? {
        let wanted = index + ahead
        return wanted < scalars.count ? scalars[wanted] : nil
    }

    /// Moves over one scalar. A line ends with LF, CR LF or CR.
    @discardableResult
    mutating func advance() -> Unicode.Scalar? {
        guard index < scalars.count else { return nil }
        let scalar = scalars[index]
        index += 1
        let isHalfOfPair = scalar == "\r" && index < scalars.count && scalars[index] == "\n"
        if scalar == "\n" || (scalar == "\r" && !isHalfOfPair) {
            position.line += 1
            position.column = 1
        } else {
            position.column += 1
        }
        return scalar
    }

    mutating func advance(by count: Int) {
        for _ in 0..<count { advance() }
    }

    /// Moves over the scalar if it is the wanted one.
    mutating func take(_ wanted: Unicode.Scalar) -> Bool {
        guard peek() == wanted else { return false }
        advance()
        return true
    }

    mutating func moveToEnd() {
        while !isAtEnd { advance() }
    }
}

extension Unicode.Scalar {
    /// White space of JSON5 (chapter 8): ECMAScript's, the byte order mark and every space separator.
    var isJSON5Space: Bool {
        switch value {
        case 0x09...0x0D, 0x20, 0xA0, 0x2028, 0x2029, 0xFEFF: true
        default: value > 0x7F && properties.generalCategory == .spaceSeparator
        }
    }

    /// May begin an unquoted key (chapter 3.1: ECMAScript's IdentifierName).
    var isJSON5NameStart: Bool {
        switch self {
        case "a"..."z", "A"..."Z", "_", "$": true
        default: value > 0x7F && properties.isIDStart
        }
    }

    /// May go on an unquoted key.
    var isJSON5NamePart: Bool {
        isJSON5NameStart || isDecimalDigit || value == 0x200C || value == 0x200D
            || (value > 0x7F && properties.isIDContinue)
    }

    var isDecimalDigit: Bool { ("0"..."9").contains(self) }

    var hexDigitValue: UInt32? {
        switch self {
        case "0"..."9": value - 0x30
        case "a"..."f": value - 0x61 + 10
        case "A"..."F": value - 0x41 + 10
        default: nil
        }
    }
}
