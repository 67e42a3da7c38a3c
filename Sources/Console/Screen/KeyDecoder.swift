/// Turns a terminal's bytes into keys and pasted text, however they are split.
///
/// Sequences: xterm's, rxvt's and the Linux console's cursor and function keys, and bracketed paste
/// (xterm control sequences, "CSI ? 2004 h"), the mouse as SGR has it ("CSI ? 1006 h"). What is not known is swallowed whole, so that its letters are no verbs.
package struct KeyDecoder: Sendable {
    package enum Output: Equatable, Sendable {
        case key(Key)
        case paste(String)
        /// The left button went down; both count from 0.
        case click(column: Int, row: Int)
        /// Rows down, or up below 0.
        case wheel(Int)
    }

    /// A paste longer than this is cut, in bytes.
    package static let pasteLimit = 65_536

    private enum State: Equatable {
        case plain
        case escape
        /// Parameters so far.
        case control([UInt8])
        /// After ESC O.
        case shift
        /// After ESC [ [, the Linux console's function keys.
        case linux
        /// Bytes still missing of a mouse's report by a terminal that knows no SGR ones: they may be letters.
        case oldMouse(missing: Int)
        /// Bytes still missing of a UTF-8 scalar.
        case scalar(value: UInt32, missing: Int)
        case paste
    }

    /// How far one notch of the wheel goes.
    private static let wheelRows = 3

    private var state = State.plain
    private var pasted: [UInt8] = []
    private static let pasteEnd: [UInt8] = Array("\u{1B}[201~".utf8)

    package init() {}

    /// True while an Esc may be the key or the begin of a sequence; `expire` decides after a short time.
    package var isWaiting: Bool {
        switch state {
        case .plain, .paste: false
        // The rest of a mouse's report comes, however late, and would be letters and digits.
        case .control(let parameters): parameters.first != UInt8(ascii: "<")
        case .escape, .shift, .linux, .oldMouse, .scalar: true
        }
    }

    package mutating func take(_ bytes: some Sequence<UInt8>) -> [Output] {
        var outputs: [Output] = []
        for byte in bytes {
            if let output = take(byte) { outputs.append(output) }
        }
        return outputs
    }

    /// Nothing has come for a while: an Esc was the key; the begin of a sequence is dropped.
    package mutating func expire() -> Output? {
        guard isWaiting else { return nil }
        defer { state = .plain }
        return state == .escape ? .key(.escape) : nil
    }

    private mutating func take(_ byte: UInt8) -> Output? {
        switch state {
        case .plain: return plain(byte)
        case .escape: return afterEscape(byte)
        case .control(let parameters): return control(byte, parameters)
        case .shift:
            state = .plain
            return Self.finals[byte].map { .key($0) }
        case .linux:
            state = .plain
            return (0x41...0x45).contains(byte) ? .key(.function(Int(byte) - 0x40)) : nil
        case .oldMouse(let missing):
            state = missing > 1 ? .oldMouse(missing: missing - 1) : .plain
            return nil
        case .scalar(let value, let missing): return continuation(byte, value, missing)
        case .paste: return inPaste(byte)
        }
    }

    private mutating func plain(_ byte: UInt8) -> Output? {
        switch byte {
        case 0x1B:
            state = .escape
            return nil
        case 0x0D, 0x0A: return .key(.enter)
        case 0x09: return .key(.tab)
        case 0x7F, 0x08: return .key(.backspace)
        case 0x01...0x1A: return .key(.control(Character(Unicode.Scalar(byte + 0x60))))
        case 0x20...0x7E: return .key(.character(Character(Unicode.Scalar(byte))))
        case 0xC2...0xDF: state = .scalar(value: UInt32(byte & 0x1F), missing: 1)
        case 0xE0...0xEF: state = .scalar(value: UInt32(byte & 0x0F), missing: 2)
        case 0xF0...0xF4: state = .scalar(value: UInt32(byte & 0x07), missing: 3)
        default: break
        }
        return nil
    }

    private mutating func continuation(_ byte: UInt8, _ value: UInt32, _ missing: Int) -> Output? {
        guard byte & 0xC0 == 0x80 else {
            state = .plain
            return plain(byte)
        }
        let longer = value << 6 | UInt32(byte & 0x3F)
        guard missing == 1 else {
            state = .scalar(value: longer, missing: missing - 1)
            return nil
        }
        state = .plain
        guard let scalar = Unicode.Scalar(longer), DisplayWidth.of(scalar) != nil else { return nil }
        return .key(.character(Character(scalar)))
    }

    private mutating func afterEscape(_ byte: UInt8) -> Output? {
        switch byte {
        case 0x5B: state = .control([])
        case 0x4F: state = .shift
        // The first Esc was the key; the second may begin a sequence.
        case 0x1B: return .key(.escape)
        // Alt with a letter is no verb.
        default: state = .plain
        }
        return nil
    }

    private mutating func control(_ byte: UInt8, _ parameters: [UInt8]) -> Output? {
        switch byte {
        case 0x5B where parameters.isEmpty:
            state = .linux
        case 0x20...0x3F:
            state = parameters.count < 32 ? .control(parameters + [byte]) : .control(parameters)
        case 0x40...0x7E:
            state = .plain
            return finished(byte, parameters)
        case 0x1B: state = .escape
        default: state = .plain
        }
        return nil
    }

    private mutating func finished(_ final: UInt8, _ parameters: [UInt8]) -> Output? {
        if parameters.first == UInt8(ascii: "<") { return mouse(final, parameters.dropFirst()) }
        if final == UInt8(ascii: "M"), parameters.isEmpty {
            state = .oldMouse(missing: 3)
            return nil
        }
        guard final == 0x7E else { return Self.finals[final].map { .key($0) } }
        let number = parameters.prefix { (0x30...0x39).contains($0) }.reduce(0) {
            min($0 * 10 + Int($1) - 0x30, 9_999)
        }
        if number == 200 {
            state = .paste
            pasted = []
            return nil
        }
        return Self.numbered[number].map { .key($0) }
    }

    /// "0;12;5" and M: the left button went down at column 12, row 5; 64 and 65 are the wheel.
    private func mouse(_ final: UInt8, _ parameters: ArraySlice<UInt8>) -> Output? {
        let numbers = parameters.split(separator: UInt8(ascii: ";")).map {
            Int(String(decoding: $0, as: UTF8.self))
        }
        guard final == UInt8(ascii: "M"), numbers.count == 3, let button = numbers[0],
            let column = numbers[1],
            let row = numbers[2]
        else { return nil }
        switch button {
        case 0: return .click(column: column - 1, row: row - 1)
        case 64: return .wheel(-Self.wheelRows)
        case 65: return .wheel(Self.wheelRows)
        default: return nil
        }
    }

    private mutating func inPaste(_ byte: UInt8) -> Output? {
        pasted.append(byte)
        guard pasted.count >= Self.pasteEnd.count, pasted.suffix(Self.pasteEnd.count) == Self.pasteEnd[...]
        else {
            if pasted.count > Self.pasteLimit { pasted.removeFirst(pasted.count - Self.pasteLimit) }
            return nil
        }
        state = .plain
        let text = String(decoding: pasted.dropLast(Self.pasteEnd.count), as: UTF8.self)
        pasted = []
        return .paste(text)
    }

    private static let finals: [UInt8: Key] = [
        0x41: .up, 0x42: .down, 0x43: .right, 0x44: .left, 0x46: .end, 0x48: .home, 0x5A: .backTab,
        0x50: .function(1), 0x51: .function(2), 0x52: .function(3), 0x53: .function(4), 0x4D: .enter,
    ]

    private static let numbered: [Int: Key] = [
        1: .home, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end, 11: .function(1),
        12: .function(2), 13: .function(3), 14: .function(4), 15: .function(5), 17: .function(6),
        18: .function(7),
        19: .function(8), 20: .function(9), 21: .function(10), 23: .function(11), 24: .function(12),
    ]
}
