import GatewayCore
import Testing

@testable import Console

/// The mouse, once it was asked for.
struct MouseTests {
    /// Clicks on the first place where the text stands.
    private func click(_ screen: inout Screen, on text: String) {
        let lines = screen.text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let row = lines.dropFirst(2).firstIndex(where: { $0.contains(text) }),
            let start = lines[row].range(of: text)?.lowerBound
        else { return }
        let column = lines[row].distance(from: lines[row].startIndex, to: start)
        if let target = screen.canvas.target(column, row) { screen.take(.click(target)) }
    }

    @Test func `one key turns it on and the same one off`() {
        var screen = Screen()
        screen.press(.character("m"), .character("m"))
        #expect(screen.effects == [.mouse(true), .mouse(false)])
        #expect(screen.text.contains("the mouse selects text"))
    }

    @Test func `a click selects the row under it, in every view of rows and every shape`() {
        for view in [ViewName.fleet, .system, .incident, .queues, .gpu] {
            var screen = Screen(Size(100, 40), SampleFleet.troubled(second: 60))
            screen.state.view = view
            click(&screen, on: "engine-6")
            #expect(screen.state.selectedNode == "engine-6" || !screen.text.contains("engine-6"), "\(view)")
        }
        var compact = Screen(Size(200, 40))
        compact.type(":shape compact")
        compact.press(.enter)
        click(&compact, on: "engine-5")
        #expect(compact.state.selectedNode == "engine-5")
        var streams = Screen(Size(100, 40))
        streams.state.view = .streams
        let last = streams.snapshot?.streams.last?.id ?? 0
        streams.take(.click(.stream(last)))
        #expect(streams.state.selectedStream == last)
    }

    @Test func `a click on a group's header selects the group`() {
        var screen = Screen(Size(100, 40))
        screen.press(.character("b"))
        let header = screen.canvas.targets.first { if case .group = $0.row { true } else { false } }
        guard let header, case .group(let name) = header.row else {
            Issue.record("no header to click on")
            return
        }
        screen.take(.click(header.row))
        #expect(screen.state.grouping.selected == name)
    }

    @Test func `the wheel moves the selection and scrolls help, and answers no question`() {
        var screen = Screen()
        screen.take(.wheel(3))
        #expect(screen.state.selectedNode == "engine-4")
        screen.take(.wheel(-3))
        #expect(screen.state.selectedNode == "engine-1")
        screen.press(.character("?"))
        screen.take(.wheel(3))
        #expect(screen.state.overlay == .help(scroll: 3))
        screen.press(.escape, .character("w"))
        let dialog = screen.state.overlay
        screen.take(.wheel(3))
        screen.take(.click(.node("engine-2")))
        #expect(screen.state.overlay == dialog && screen.state.selectedNode == "engine-1")
    }

    @Test func `reports are read, however they are split, and others are no letters`() {
        let bytes = Array("\u{1B}[<0;12;5M\u{1B}[<0;12;5m\u{1B}[<65;1;1M\u{1B}[<64;1;1M\u{1B}[<2;1;1Mj".utf8)
        let wanted: [KeyDecoder.Output] = [
            .click(column: 11, row: 4), .wheel(3), .wheel(-3), .key(.character("j")),
        ]
        for split in 1..<bytes.count {
            var decoder = KeyDecoder()
            let outputs = decoder.take(bytes[..<split]) + decoder.take(bytes[split...])
            #expect(outputs == wanted, "\(split)")
        }
        var slow = KeyDecoder()
        var outputs: [KeyDecoder.Output] = []
        for byte in Array("\u{1B}[<0;12;5M".utf8) {
            outputs += slow.take([byte])
            if outputs.isEmpty, byte != 0x1B, byte != 0x5B { #expect(slow.expire() == nil) }
        }
        #expect(outputs == [.click(column: 11, row: 4)])
        var old = KeyDecoder()
        #expect(old.take(Array("\u{1B}[M dqj".utf8)) == [.key(.character("j"))])
    }
}
