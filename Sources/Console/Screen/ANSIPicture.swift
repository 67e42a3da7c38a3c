/// A screen as lines with colour sequences (SGR), the theme's colours in 24 bits.
///
/// Each line begins and ends without any style, so that a part of them can be copied out. What the theme leaves to the
/// terminal stays the terminal's.
struct ANSIPicture {
    var canvas: Canvas
    var theme: Theme

    var text: String {
        (0..<canvas.size.rows).map { y in
            var runs = CellRun.runs(of: canvas, row: y)
            while let last = runs.last, last.isBlank, codes(of: last.style).isEmpty { runs.removeLast() }
            return runs.map(styled).joined() + "\n"
        }.joined()
    }

    private func styled(_ run: CellRun) -> String {
        let codes = codes(of: run.style)
        return codes.isEmpty ? run.text : "\u{1B}[\(codes.joined(separator: ";"))m\(run.text)\u{1B}[0m"
    }

    private func codes(of style: Style) -> [String] {
        let look = theme.look(of: style, depth: .full)
        var codes: [String] = []
        if look.isBold { codes.append("1") }
        if look.isUnderlined { codes.append("4") }
        if look.isReverse { codes.append("7") }
        guard theme.isColored else { return codes }
        if let color = theme.roles[style.role] { codes.append("38;2;\(numbers(color))") }
        if let color = theme.surfaces[style.surface] { codes.append("48;2;\(numbers(color))") }
        return codes
    }

    private func numbers(_ color: RGB) -> String { "\(color.red);\(color.green);\(color.blue)" }
}
