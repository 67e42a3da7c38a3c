import GatewayCore
import Testing

@testable import Console

/// The one table: keys, help, hints and palette can't disagree.
struct ActionTableTests {
    @Test(arguments: ViewName.allCases)
    func `no key means two things in one view`(_ view: ViewName) {
        let keys = ActionTable.all.filter { $0.isFor(view) }.flatMap(\.keys)
        #expect(Set(keys).count == keys.count)
    }

    @Test func `names are unique and every action has a help sentence`() {
        let names = ActionTable.all.map(\.name)
        #expect(Set(names).count == names.count)
        for action in ActionTable.all { #expect(action.help.hasSuffix("."), "\(action.name)") }
    }

    @Test(arguments: ViewName.allCases)
    func `help shows every action of the view with its keys`(_ view: ViewName) {
        var screen = Screen(Size(200, 100))
        screen.state.view = view
        screen.press(.character("?"))
        let text = screen.text
        for action in ActionTable.all where action.isFor(view) {
            #expect(text.contains(action.help), "\(action.name)")
            for key in action.keys { #expect(text.contains(key.label), "\(action.name) \(key.label)") }
        }
    }

    @Test(arguments: ViewName.allCases)
    func `no sentence of help is cut at 80 columns`(_ view: ViewName) {
        var screen = Screen(Size(80, 24))
        screen.state.view = view
        let told = HelpView.lines(screen.state)
        for line in told { #expect(DisplayWidth.of(line.text) <= 60, "\(line.text)") }
        let text = told.map(\.text).joined(separator: " ")
        for action in ActionTable.all where action.isFor(view) { #expect(text.contains(action.help)) }
    }

    @Test(arguments: ViewName.allCases)
    func `at 80x24 every view hints at help and the way out, and the least important hint gives way`(
        _ view: ViewName
    ) throws {
        var screen = Screen()
        screen.state.view = view
        let hints = try #require(screen.text.split(separator: "\n").last)
        #expect(
            hints.contains("o policy") && hints.contains("? help") && hints.hasSuffix("q quit"), "\(hints)")
        screen.take(.resize(Size(200, 24)))
        let all = try #require(screen.text.split(separator: "\n").last)
        #expect(all.contains("p freeze") && all.hasSuffix("q quit"), "\(all)")
    }

    @Test func `the manual has every action with its keys`() {
        func roff(_ text: String) -> String {
            text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("'", with: "\\(aq")
        }
        let manual = ManualCommand.page(.standard)
        for action in ActionTable.all {
            #expect(manual.contains("\n" + roff(action.help)), "\(action.name)")
            for key in action.keys {
                let line = manual.split(separator: "\n").first {
                    $0.contains(roff("(:\(action.name)"))
                }
                #expect(line?.contains(roff(key.label)) == true, "\(action.name) \(key.label)")
            }
        }
    }

    @Test func `no capital of a changing key is bound, nor + and - outside their dialog`() {
        let keys = Set(ActionTable.all.flatMap(\.keys))
        for character in "ADWO+-=" { #expect(!keys.contains(.character(character)), "\(character)") }
    }

    @Test func `letters that end an arrow key's sequence change nothing`() {
        let tails = Set("[OABCD".map { Key.character($0) })
        for action in ActionTable.all where action.isMutating {
            #expect(tails.isDisjoint(with: action.keys), "\(action.name)")
        }
    }

    @Test func `the palette lists every command, the disabled ones with the reason`() {
        let screen = Screen()
        let completions = Palette.completions("", screen.state, screen.snapshot)
        #expect(completions.map(\.text) == ActionTable.all.map(\.name))
        let undo = completions.first { $0.text == "undo" }
        #expect(undo?.disabled == "nothing to undo from this console")
    }

    @Test func `the palette completes nodes and policies and runs into the same dialog as the key`() {
        var screen = Screen()
        screen.type(":drain engine-5")
        screen.press(.enter)
        #expect(screen.state.dialog?.kind == .drain(["engine-5"]))
        #expect(screen.submitted.isEmpty)
        screen.press(.escape)
        screen.type(":pol")
        screen.press(.tab)
        screen.type("least")
        screen.press(.tab)
        #expect(screen.state.prompt?.text == "policy least-requests ")
        screen.press(.enter, .character("y"))
        #expect(screen.submitted.map(\.command) == [.setPolicy(name: "least-requests")])
    }

    @Test func `the palette's drain takes a deadline and what happens then`() {
        var screen = Screen()
        screen.type(":drain engine-5 --deadline 10m --at-deadline cut")
        screen.press(.enter, .character("y"))
        #expect(
            screen.submitted.map(\.command)
                == [.drain(node: "engine-5", deadlineSeconds: 600, atDeadline: .cut, force: false)])
    }

    @Test(arguments: [
        (":drain nobody", "no node named nobody"), (":weight engine-1 101", "0 to 100"),
        (":weight nobody 5", "no node"),
        (":policy fastest", "no policy named fastest"), (":frobnicate", "no command frobnicate"),
        (":theme pink", "no theme named pink"), (":sort colour", "no column colour"),
        (":drain engine-1 --deadline soon", "--deadline 30s|10m|1h"),
        (":undrain engine-1", "no drain to undo"), (":cut engine-1", "drain it first"),
        (":migrate engine-1", "drain it first"), (":cancel", "a session's id"),
    ])
    func `a wrong command says what is wrong`(_ line: String, _ answer: String) {
        var screen = Screen(Size(200, 24))
        screen.type(line)
        screen.press(.enter)
        #expect(screen.text.contains(answer))
        #expect(screen.submitted.isEmpty)
    }

    @Test func `d on a drained node offers the way back`() {
        var screen = Screen(Size(80, 24), SampleFleet.troubled(second: 60))
        screen.press(.down, .down)
        #expect(screen.text.contains("d undrain"))
        screen.press(.character("d"), .character("y"))
        #expect(screen.submitted.map(\.command) == [.undrain(node: "engine-3")])
    }
}
