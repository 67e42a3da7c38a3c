/// A Swift source without what is no code, every line and column where it was.
///
/// Comments become spaces, string literals spaces between their quotes, regular expressions spaces; code inside an
/// interpolation stays. Names in backticks become underscores, since they may hold anything.
struct SwiftText {
    /// Neither comments nor literals.
    let code: [UInt8]
    /// Without comments, but with literals.
    let uncommented: [UInt8]

    init(_ source: String) {
        let bytes = Array(source.utf8)
        var stripper = Stripper(bytes)
        stripper.run()
        code = stripper.code
        uncommented = stripper.uncommented
    }

    var codeLines: [Substring] { Self.lines(code) }
    var uncommentedLines: [Substring] { Self.lines(uncommented) }

    private static func lines(_ bytes: [UInt8]) -> [Substring] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// Identifiers and keywords with their lines, from 1.
    var words: [(text: Substring, line: Int)] {
        codeLines.enumerated().flatMap { index, line in
            line.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map { ($0, index + 1) }
        }
    }
}

/// One pass over the bytes with a stack: code, the literals in it, the code in their interpolations.
private struct Stripper {
    private enum Context {
        /// - depth: open parentheses of the interpolation; 0 outside of one.
        case code(depth: Int)
        case string(hashes: Int, isMultiline: Bool)
    }

    private let bytes: [UInt8]
    private var index = 0
    private var stack: [Context] = [.code(depth: 0)]
    private(set) var code: [UInt8] = []
    private(set) var uncommented: [UInt8] = []

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func run() {
        while index < bytes.count {
            switch stack[stack.count - 1] {
            case .code(let depth): readCode(depth)
            case .string(let hashes, let isMultiline): readString(hashes, isMultiline)
            }
        }
    }

    private func peek(_ ahead: Int = 0) -> UInt8 { index + ahead < bytes.count ? bytes[index + ahead] : 0 }
    private func isNext(_ text: String, _ ahead: Int = 0) -> Bool {
        text.utf8.enumerated().allSatisfy { peek(ahead + $0) == $1 }
    }

    private mutating func keep(_ count: Int = 1) {
        for _ in 0..<count where index < bytes.count {
            code.append(bytes[index])
            uncommented.append(bytes[index])
            index += 1
        }
    }

    /// Line ends stay; everything else becomes `blank` in the code, and in the other text too if it is a comment.
    private mutating func hide(_ count: Int = 1, isComment: Bool = false, as blank: UInt8 = 0x20) {
        for _ in 0..<count where index < bytes.count {
            let isEnd = bytes[index] == 0x0A
            code.append(isEnd ? 0x0A : blank)
            uncommented.append(isEnd || !isComment ? bytes[index] : blank)
            index += 1
        }
    }

    private mutating func readCode(_ depth: Int) {
        let hashes = bytes[index...].prefix { $0 == UInt8(ascii: "#") }.count
        if isNext("//") {
            while index < bytes.count, peek() != 0x0A { hide(isComment: true) }
        } else if isNext("/*") {
            readBlockComment()
        } else if isNext("\"", hashes) {
            let isMultiline = isNext("\"\"\"", hashes)
            keep(hashes + (isMultiline ? 3 : 1))
            stack.append(.string(hashes: hashes, isMultiline: isMultiline))
        } else if isNext("`") {
            let length = bytes[(index + 1)...].prefix { $0 != UInt8(ascii: "`") && $0 != 0x0A }.count
            hide(length + 2, as: UInt8(ascii: "_"))
        } else if isNext("/"), let length = regexLength() {
            hide(length)
        } else if depth > 0, isNext("(") || isNext(")") {
            let inner = depth + (isNext("(") ? 1 : -1)
            keep()
            stack[stack.count - 1] = .code(depth: inner)
            if inner == 0 { stack.removeLast() }
        } else {
            keep()
        }
    }

    private mutating func readBlockComment() {
        var depth = 0
        repeat {
            if isNext("/*") {
                depth += 1
                hide(2, isComment: true)
            } else if isNext("*/") {
                depth -= 1
                hide(2, isComment: true)
            } else {
                hide(isComment: true)
            }
        } while depth > 0 && index < bytes.count
    }

    private mutating func readString(_ hashes: Int, _ isMultiline: Bool) {
        let marks = String(repeating: "#", count: hashes)
        let end = (isMultiline ? "\"\"\"" : "\"") + marks
        if isNext("\\" + marks + "(") {
            hide(1 + hashes)
            keep()
            stack.append(.code(depth: 1))
        } else if isNext("\\" + marks) {
            hide(2 + hashes)
        } else if isNext(end) {
            keep(end.utf8.count)
            stack.removeLast()
        } else if !isMultiline, peek() == 0x0A {
            stack.removeLast()
        } else {
            hide()
        }
    }

    /// A slash begins a regular expression where no operand stands before it, and another one ends it on its line.
    private func regexLength() -> Int? {
        let before = code.last { $0 != 0x20 } ?? 0x0A
        guard Array("\n(,=:[{&|!?;".utf8).contains(before), ![0x20, 0x0A, 0x3D, 0].contains(peek(1)) else {
            return nil
        }
        var length = 1
        while index + length < bytes.count, peek(length) != 0x0A {
            if peek(length) == UInt8(ascii: "/") { return length + 1 }
            length += peek(length) == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }
}
