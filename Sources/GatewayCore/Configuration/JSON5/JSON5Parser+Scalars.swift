// Strings, numbers, words and names.
extension JSON5Parser {
    /// The string at the cursor; nil, with an error, when it has no end on its line.
    mutating func parseString() -> String? {
        let start = cursor.position
        guard let quote = cursor.advance() else { return nil }
        var text = String.UnicodeScalarView()
        while let scalar = cursor.peek() {
            switch scalar {
            case quote:
                cursor.advance()
                return String(text)
            case "\n", "\r":
                commaMayBeLost = true
                fail(at: start, "this string has no end on its line", remedy: "write \(quote) where it ends")
                return nil
            case "\\": parseEscape(into: &text)
            default:
                text.append(scalar)
                cursor.advance()
            }
        }
        fail(at: start, "this string has no end", remedy: "write \(quote) where it ends")
        return nil
    }

    /// JSON5 5.1: the escapes of ECMAScript 5.1; a backslash before a line's end joins the lines.
    private mutating func parseEscape(into text: inout String.UnicodeScalarView) {
        let start = cursor.position
        cursor.advance()
        guard let scalar = cursor.advance() else { return }
        switch scalar {
        case "b": text.append("\u{08}")
        case "f": text.append("\u{0C}")
        case "n": text.append("\n")
        case "r": text.append("\r")
        case "t": text.append("\t")
        case "v": text.append("\u{0B}")
        case "\n", "\u{2028}", "\u{2029}": break
        case "\r": _ = cursor.take("\n")
        case "x", "u":
            if let scalar = parseCodePoint(digits: scalar == "x" ? 2 : 4, from: start) { text.append(scalar) }
        case "0" where cursor.peek()?.isDecimalDigit != true: text.append("\0")
        case "0"..."9":
            fail(
                at: start, "\\\(scalar) is no escape",
                remedy: "write \\\\ for a backslash, \\x00 for a character")
        default: text.append(scalar)
        }
    }

    /// The scalar of \xHH, \uHHHH or a surrogate pair \uHHHH\uHHHH, behind the first letter.
    private mutating func parseCodePoint(digits: Int, from start: SourcePosition) -> Unicode.Scalar? {
        guard let first = parseHex(digits: digits) else {
            fail(
                at: start, "an escape that needs \(digits) hexadecimal digits",
                remedy: digits == 2 ? "write \\x41 for A" : "write \\u0041 for A")
            return nil
        }
        if let scalar = Unicode.Scalar(first) { return scalar }
        if first < 0xDC00, cursor.peek() == "\\", cursor.peek(1) == "u" {
            cursor.advance(by: 2)
            if let second = parseHex(digits: 4), (0xDC00...0xDFFF).contains(second) {
                return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
            }
        }
        fail(
            at: start, "half of a surrogate pair",
            remedy: "write both halves: \\uD83D\\uDE00, or the character")
        return nil
    }

    private mutating func parseHex(digits: Int) -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = cursor.peek()?.hexDigitValue else { return nil }
            value = value << 4 | digit
            cursor.advance()
        }
        return value
    }

    /// An unquoted key; escapes in it are those of \u.
    mutating func parseName() -> String? {
        let start = cursor.position
        var name = String.UnicodeScalarView()
        while let scalar = cursor.peek() {
            if scalar.isJSON5NamePart {
                name.append(scalar)
                cursor.advance()
            } else if scalar == "\\" {
                cursor.advance()
                guard cursor.take("u"), let escaped = parseCodePoint(digits: 4, from: start),
                    name.isEmpty ? escaped.isJSON5NameStart : escaped.isJSON5NamePart
                else {
                    fail(at: start, "a key with a wrong escape", remedy: "write the key in quotes")
                    return nil
                }
                name.append(escaped)
            } else {
                break
            }
        }
        return String(name)
    }

    /// A word that stands for a value.
    mutating func parseWord() -> JSON5Value.Kind {
        let start = cursor.position
        let word = takeRun()
        switch word {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "null": return .null
        case "Infinity": return .number(.infinity)
        case "NaN": return .number(.nan)
        default:
            fail(at: start, "\(quoted(word)) is no value", remedy: "write text in quotes: \(quoted(word))")
            return .invalid
        }
    }

    mutating func parseNumber() -> JSON5Value.Kind {
        let start = cursor.position
        let text = takeRun()
        guard let number = Self.number(text) else {
            fail(
                at: start, "\(quoted(text)) is no number",
                remedy: "write digits only, or text in quotes: \(quoted(text))")
            return .invalid
        }
        return .number(number)
    }

    /// Everything up to the next thing that can't belong to a number or a word. A sign belongs to it at its beginning
    /// and after the e of a decimal exponent.
    private mutating func takeRun() -> String {
        var run = String.UnicodeScalarView()
        while let scalar = cursor.peek() {
            let isSign = scalar == "+" || scalar == "-"
            guard scalar.isJSON5NamePart || scalar == "." || isSign else { break }
            run.append(scalar)
            cursor.advance()
        }
        return String(run)
    }

    /// JSON5 chapter 6: optional sign, then Infinity, NaN, 0x and hexadecimal digits, or a decimal number, which may
    /// begin or end with its point.
    static func number(_ text: String) -> Double? {
        var rest = text.unicodeScalars[...]
        var sign = 1.0
        if let first = rest.first, first == "+" || first == "-" {
            sign = first == "-" ? -1 : 1
            rest.removeFirst()
        }
        if String(rest) == "Infinity" { return sign * .infinity }
        if String(rest) == "NaN" { return .nan }
        if rest.starts(with: "0x".unicodeScalars) || rest.starts(with: "0X".unicodeScalars) {
            let digits = rest.dropFirst(2).map(\.hexDigitValue)
            guard !digits.isEmpty, !digits.contains(nil) else { return nil }
            return sign * digits.reduce(0.0) { $0 * 16 + Double($1 ?? 0) }
        }
        return decimal(rest).map { sign * $0 }
    }

    private static func decimal(_ text: Substring.UnicodeScalarView) -> Double? {
        let whole = text.prefix(while: \.isDecimalDigit)
        var rest = text.dropFirst(whole.count)
        var fraction = rest.prefix(0)
        if rest.first == "." {
            fraction = rest.dropFirst().prefix(while: \.isDecimalDigit)
            rest = rest.dropFirst(1 + fraction.count)
        }
        guard !whole.isEmpty || !fraction.isEmpty, whole.count == 1 || whole.first != "0" else { return nil }
        var exponent = ""
        if let letter = rest.first, letter == "e" || letter == "E" {
            rest.removeFirst()
            if let sign = rest.first, sign == "+" || sign == "-" {
                exponent.unicodeScalars.append(rest.removeFirst())
            }
            guard !rest.isEmpty, rest.allSatisfy(\.isDecimalDigit) else { return nil }
            exponent.unicodeScalars.append(contentsOf: rest)
            rest = rest.prefix(0)
        }
        guard rest.isEmpty else { return nil }
        let digits = "\(whole.isEmpty ? "0" : String(whole)).\(fraction.isEmpty ? "0" : String(fraction))"
        return Double("\(digits)e\(exponent.isEmpty ? "0" : exponent)")
    }

    /// Text of the file as a message may show it: short, in quotes, nothing that a terminal would obey.
    func quoted(_ text: String) -> String {
        let safe = text.unicodeScalars.prefix(40).map { $0.isPrintable ? Character($0) : "?" }
        return "\"\(String(safe))\(text.unicodeScalars.count > 40 ? "..." : "")\""
    }

    /// A scalar as a message may show it.
    func shown(_ scalar: Unicode.Scalar) -> String {
        scalar.isPrintable
            ? "'\(scalar)'" : "the character U+\(String(scalar.value, radix: 16, uppercase: true))"
    }
}

extension Unicode.Scalar {
    /// False for what a terminal may obey or hide: controls, formats, separators, unassigned.
    var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            false
        default: true
        }
    }
}
