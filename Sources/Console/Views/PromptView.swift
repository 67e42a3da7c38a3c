import GatewayCore

/// The line that the operator types, with what it may become above it.
struct PromptView {
    var prompt: Prompt
    var snapshot: Snapshot?
    var state: ScreenState

    func draw(_ canvas: inout Canvas) {
        let y = canvas.size.rows - 2
        if prompt.purpose == .palette { drawCompletions(&canvas, y) }
        canvas.fill(Rect(0, y, canvas.size.columns, 1), Style(.text, on: .dialog))
        let sign = prompt.purpose == .filter ? "/" : ":"
        var x = 1 + canvas.put(sign, 1, y, Style(.accent, on: .dialog, .bold))
        x += canvas.put(visibleText(canvas.size.columns - 4), x, y, Style(.title, on: .dialog, .bold))
        canvas.put(" ", x, y, Style(.accent, on: .dialog, .reverse))
        let help = prompt.purpose == .filter ? filterHelp : ""
        let room = canvas.size.columns - x - 4
        canvas.put(DisplayWidth.clipped(help, to: max(room, 0)), x + 2, y, Style(.label, on: .dialog))
    }

    private var filterHelp: String {
        if let problem = NodeFilter(prompt.text).problem { return problem }
        return prompt.text.isEmpty ? "text, or kv>85 & role=decode & ttft>=2000" : ""
    }

    /// The end of a text that is too long.
    private func visibleText(_ columns: Int) -> String {
        DisplayWidth.of(prompt.text) <= columns
            ? prompt.text : String(prompt.text.suffix(max(columns / 2, 1)))
    }

    private func drawCompletions(_ canvas: inout Canvas, _ bottom: Int) {
        let completions = Palette.completions(prompt.text, state, snapshot)
        let height = min(completions.count, max(bottom - 4, 0), 14)
        guard height > 0 else { return }
        let box = Rect(0, bottom - height - 2, canvas.size.columns, height + 2)
        Boxes.draw(&canvas, box, title: "Commands")
        let first = Scrolling.first(selected: prompt.choice ?? 0, count: completions.count, height: height)
        for (offset, completion) in completions.dropFirst(first).prefix(height).enumerated() {
            let isChosen = first + offset == prompt.choice
            let line = Rect(1, box.y + 1 + offset, canvas.size.columns - 2, 1)
            let surface: Surface = isChosen ? .selected : .dialog
            canvas.fill(line, Style(.text, on: surface))
            let isOff = completion.disabled != nil
            canvas.put(
                completion.text, line.x + 1, line.y,
                Style(isOff ? .label : .title, on: surface, isOff ? [] : .bold),
                limit: line.width - 1)
            let detail = completion.disabled.map { "not now: \($0)" } ?? completion.detail
            let x = max(20, DisplayWidth.of(completion.text) + 3)
            let style = Style(isOff ? .warning : .label, on: surface)
            canvas.put(
                DisplayWidth.clipped(detail, to: max(line.width - x - 1, 0)), line.x + x, line.y, style)
        }
    }
}
