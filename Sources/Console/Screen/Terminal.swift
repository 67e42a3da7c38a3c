import CNcurses
import Glibc

/// What is known of this process's terminal before it is taken over.
package struct TerminalDescription: Sendable {
    /// TERM.
    package var name: String
    /// There is a description of it.
    package var isKnown: Bool
    package var colors: Int
    package var isUTF8: Bool
    /// nil: standard output is no terminal.
    package var size: Size?
}

/// A terminal taken over by ncurses. Only this file touches ncurses; `close` gives the terminal back.
///
/// Colours are pairs of palette indices, quantised by `Theme`; rows are sent whole and ncurses sends only what differs.
@safe package final class Terminal {
    package enum OpeningError: Error, CustomStringConvertible {
        case notATerminal
        case noDescription(String)
        case cannotMove(String)

        package var description: String {
            switch self {
            case .notATerminal:
                "standard input and output are not a terminal; use signalbox status for text, or run it in a terminal"
            case .noDescription(let name):
                "ncurses knows neither TERM=\(name) nor xterm-256color nor vt100; install ncurses-base"
            case .cannotMove(let name):
                "TERM=\(name) can't move its cursor; set TERM to what the terminal is, or use signalbox status"
            }
        }
    }

    private let window: UnsafeMutablePointer<WINDOW>
    private let output: UnsafeMutablePointer<FILE>
    private let depth: ColorDepth
    private let isASCII: Bool
    private var pairs: [Int: Int32] = [:]
    private var attributes: [Style: (attribute: UInt32, pair: Int32)] = [:]
    private var row: [cchar_t] = []
    private var shown: Canvas?
    private var isOpen = true
    /// The description that was taken instead of an unknown TERM.
    package let substitute: String?
    package let signals: Int32
    package var theme: Theme {
        didSet { if theme != oldValue { attributes = [:] } }
    }

    /// It tells of clicks and of the wheel (xterm control sequences, modes 1000 and 1006).
    package var hasMouse = false {
        didSet { write(hasMouse ? Self.mouseOn : Self.mouseOff) }
    }
    private static let mouseOn = "\u{1B}[?1006h\u{1B}[?1000h"
    private static let mouseOff = "\u{1B}[?1000l\u{1B}[?1006l"

    /// Takes the terminal over. Before this nothing may have been written to it but whole lines.
    /// Never inlined, as `close` is not: another file's object would have statics of the shim of its own.
    @inline(never)
    package init(theme: Theme, isASCII: Bool, isColored: Bool) throws(OpeningError) {
        guard isatty(0) == 1, isatty(1) == 1 else { throw .notATerminal }
        let isUTF8 = sb_locale_is_utf8() == 1
        sb_save_modes(1)
        signals = sb_open_signals()
        let wanted = unsafe getenv("TERM").map { unsafe String(cString: $0) } ?? ""
        guard let input = unsafe fdopen(0, "r"), let output = unsafe fdopen(1, "w"),
            let name = unsafe Self.open(wanted, input, output), let window = unsafe newwin(0, 0, 0, 0)
        else { throw .noDescription(wanted) }
        guard unsafe tigetstr("cup") != nil else {
            endwin()
            throw .cannotMove(wanted)
        }
        unsafe self.output = output
        unsafe self.window = window
        substitute = name == wanted ? nil : name
        sb_keep_stderr()
        let keepsBacktrace = unsafe getenv("SWIFT_BACKTRACE") != nil
        sb_catch_crashes(keepsBacktrace ? 1 : 0)
        start_color()
        use_default_colors()
        depth = isColored ? ColorDepth(colors: Int(sb_colors())) : .mono
        self.isASCII = isASCII || !isUTF8
        self.theme = theme
        enterModes()
    }

    package static func description() -> TerminalDescription {
        let isUTF8 = sb_locale_is_utf8() == 1
        let name = unsafe getenv("TERM").map { unsafe String(cString: $0) } ?? ""
        var error: Int32 = 0
        let isKnown = unsafe !name.isEmpty && setupterm(name, 1, &error) == 0
        let packed = isatty(1) == 1 ? sb_window_size(1) : 0
        return TerminalDescription(
            name: name, isKnown: isKnown, colors: isKnown ? max(0, Int(unsafe tigetnum("colors"))) : 0,
            isUTF8: isUTF8, size: packed == 0 ? nil : Size(Int(packed & 0xFFFF), Int(packed >> 16)))
    }

    /// The name of the description that ncurses took.
    private static func open(
        _ wanted: String, _ input: UnsafeMutablePointer<FILE>, _ output: UnsafeMutablePointer<FILE>
    ) -> String? {
        [wanted, "xterm-256color", "vt100"].first { name in
            unsafe !name.isEmpty && newterm(name, output, input) != nil
        }
    }

    private func enterModes() {
        raw()
        noecho()
        nonl()
        typeahead(-1)
        curs_set(0)
        unsafe leaveok(window, true)
        write("\u{1B}[?2004h" + (hasMouse ? Self.mouseOn : ""))
    }

    package var size: Size {
        let packed = sb_window_size(1)
        guard packed >> 16 > 0, packed & 0xFFFF > 0 else { return Size(80, 24) }
        return Size(Int(packed & 0xFFFF), Int(packed >> 16))
    }

    /// The window has another size; the next `show` draws all of it.
    package func resize(to size: Size) {
        resizeterm(Int32(size.rows), Int32(size.columns))
        unsafe wresize(window, Int32(size.rows), Int32(size.columns))
        repaint()
    }

    /// Forgets what the terminal shows.
    package func repaint() {
        shown = nil
        sb_repaint_all()
    }

    /// Puts a canvas on the screen. Returns false when the terminal can't take more now; the next one will do.
    @discardableResult
    package func show(_ canvas: Canvas) -> Bool {
        guard sb_can_write(1) == 1 else { return false }
        let canvas = isASCII ? canvas.foldedToASCII() : canvas
        for y in 0..<canvas.size.rows { put(canvas, y) }
        unsafe wnoutrefresh(window)
        doupdate()
        shown = canvas
        return true
    }

    /// Sends one row unless it stands there already.
    private func put(_ canvas: Canvas, _ y: Int) {
        let range = (y * canvas.size.columns)..<((y + 1) * canvas.size.columns)
        if let shown, shown.size == canvas.size, shown.cells[range] == canvas.cells[range] { return }
        row.removeAll(keepingCapacity: true)
        for cell in canvas.cells[range] where !cell.isTail { row.append(character(cell)) }
        unsafe row.withUnsafeBufferPointer { cells in
            _ = unsafe mvwadd_wchnstr(window, Int32(y), 0, cells.baseAddress, Int32(cells.count))
        }
    }

    private func character(_ cell: Cell) -> cchar_t {
        let look = attribute(of: cell.style)
        var result = cchar_t()
        result.attr = look.attribute
        result.ext_color = look.pair
        result.chars.0 = wchar_t(bitPattern: cell.scalar.value)
        guard !cell.marks.isEmpty else { return result }
        let marks = Array(cell.marks.unicodeScalars)
        if marks.count > 0 { result.chars.1 = wchar_t(bitPattern: marks[0].value) }
        if marks.count > 1 { result.chars.2 = wchar_t(bitPattern: marks[1].value) }
        if marks.count > 2 { result.chars.3 = wchar_t(bitPattern: marks[2].value) }
        return result
    }

    private func attribute(of style: Style) -> (attribute: UInt32, pair: Int32) {
        if let known = attributes[style] { return known }
        let look = theme.look(of: style, depth: depth)
        let pair = pair(look.foreground ?? -1, look.background ?? -1)
        var attribute = sb_attribute_pair(pair)
        if look.isBold { attribute |= sb_attribute_bold() }
        if look.isReverse { attribute |= sb_attribute_reverse() }
        if look.isUnderlined { attribute |= sb_attribute_underline() }
        attributes[style] = (attribute, pair)
        return (attribute, pair)
    }

    /// At most 255 pairs, since the attribute has 8 bits for them; the roles and surfaces of all themes need fewer.
    private func pair(_ foreground: Int, _ background: Int) -> Int32 {
        guard depth != .mono, foreground >= 0 || background >= 0 else { return 0 }
        let key = (foreground + 1) << 32 | (background + 1)
        if let known = pairs[key] { return known }
        let limit = min(sb_color_pairs(), 256)
        let next = Int32(pairs.count) + 1
        guard next < limit else { return 0 }
        init_extended_pair(next, Int32(foreground), Int32(background))
        pairs[key] = next
        return next
    }

    /// Keys that have come, as bytes; nil: the terminal has gone.
    package func readKeys() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe read(0, $0.baseAddress, $0.count) }
        if count < 0 { return errno == EINTR || errno == EAGAIN ? [] : nil }
        return count == 0 ? nil : Array(bytes.prefix(count))
    }

    /// Sends text to the terminal's clipboard by OSC 52, through tmux and screen too. 74,994 bytes encoded at most,
    /// which is what terminals take.
    package func copy(_ text: String) {
        let encoded = Base64Text.encode(Array(text.utf8).prefix(56_000))
        let sequence = "\u{1B}]52;c;\(encoded)\u{7}"
        let isInTmux = unsafe getenv("TMUX") != nil
        write(isInTmux ? "\u{1B}Ptmux;\u{1B}\(sequence)\u{1B}\\\(sequence)" : sequence)
    }

    private func write(_ text: String) {
        unsafe fputs(text, output)
        unsafe fflush(output)
    }

    /// Gives the terminal to the shell until `fg`.
    package func suspend() {
        leave()
        sb_stop_here()
        doupdate()
        enterModes()
        resize(to: size)
    }

    private func leave() {
        write("\u{1B}[?2004l" + (hasMouse ? Self.mouseOff : ""))
        curs_set(1)
        endwin()
        unsafe fflush(output)
    }

    /// Gives the terminal back as it was.
    ///
    /// - isGone: there is nobody to write to.
    @inline(never)
    package func close(isGone: Bool = false) {
        guard isOpen else { return }
        isOpen = false
        if !isGone, sb_can_write(1) == 1 {
            leave()
            sb_write_reset()
        }
        sb_restore_modes()
        sb_uncatch_crashes()
        sb_release_stderr()
    }
}
