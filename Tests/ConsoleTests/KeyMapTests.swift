import GatewayCore
import Testing

@testable import Console

/// Keys that a configuration gives to actions.
struct KeyMapTests {
    private func map(_ keys: String) -> KeyMap {
        let (map, issues) = KeyMap.read(JSON5.parse(Array(keys.utf8)).value)
        #expect(issues.isEmpty, "\(keys)")
        return map
    }

    /// What `check` says of a configuration with these keys, without the file's name.
    private func complaints(_ keys: String) -> [String] {
        let text = "{\n  nodes: [{ name: \"a\", url: \"http://127.0.0.1:1\" }],\n  keys: \(keys)\n}"
        return ConfigurationCheck.run(
            text: Array(text.utf8), fileName: "f", environment: [:], policies: Policies.names,
            keys: { KeyMap.read($0).issues })
    }

    @Test func `an action has the keys of the configuration in place of its own`() {
        var screen = Screen()
        screen.state.keys = map("{ drain: [\"F6\", \"F5\"], down: [\"Down\", \"=\"] }")
        screen.press(.character("="))
        let second = screen.state.selectedNode
        screen.press(.character("d"))
        #expect(screen.state.dialog == nil)
        screen.press(.function(5))
        #expect(screen.state.dialog?.kind == .drain([second ?? ""]))
        screen.press(.escape, .function(6), .function(6))
        #expect(screen.submitted.isEmpty)
        screen.press(.character("y"))
        #expect(screen.submitted.count == 1)
    }

    @Test func `an action without keys is done by its name alone`() {
        var screen = Screen()
        screen.state.keys = map("{ drain: [] }")
        screen.press(.character("d"))
        #expect(screen.state.dialog == nil)
        screen.type(":drain engine-2")
        screen.press(.enter)
        #expect(screen.state.dialog?.kind == .drain(["engine-2"]))
    }

    @Test func `help, hints, palette, tabs, sentences and manual show the keys of the configuration`() {
        let map = map("{ drain: \"F5\", fleet: \"F\", quit: \"Q\", help: [\"H\"] }")
        var screen = Screen(Size(200, 60))
        screen.state.keys = map
        #expect(screen.text.contains("F5 drain"))
        #expect(screen.text.contains(" F Fleet "))
        screen.press(.escape)
        #expect(screen.text.contains("Q leaves the console"))
        screen.press(.character("~"))
        #expect(screen.text.contains("H shows the keys"))
        let drain = Palette.completions("drain", screen.state, screen.snapshot).first
        #expect(drain?.detail.hasPrefix("[F5]") == true)
        screen.press(.character("H"))
        let help = screen.text.split(separator: "\n").first { $0.contains("Drains the node") }
        #expect(help?.contains("F5") == true)
        #expect(ManualCommand.page(map).contains(".B F5 (:drain"))
    }

    @Test(arguments: [
        ("{ dran: \"D\" }", "f:3:11: no action \"dran\" in keys; did you mean \"drain\"?"),
        ("{ sort: \"PgUpp\" }", "f:3:17: \"PgUpp\" is no key; did you mean \"PgUp\"?"),
        ("{ sort: 5 }", "f:3:17: a key of sort is a number, not a string; write \"D\""),
        ("7", "f:3:9: keys is no object; write { drain: \"D\" }, names as : lists them"),
        ("{ sort: [\"F5\", \"/\"] }", "f:3:24: / means filter in Fleet already"),
        ("{ copy: \"G\" }", "f:3:17: G means last already"),
        ("{ copy: \"F5\", theme: \"F5\" }", "f:3:30: F5 means copy already"),
        ("{ copy: \"D\" }", "f:3:17: D of copy and d of drain are one letter, but drain changes something"),
        ("{ weight: \"T\" }", "f:3:19: T means theme in Fleet already"),
        ("{ weight: \"H\", help: \"h\" }", "f:3:30: h of help and H of weight are one letter"),
        ("{ weight: \"y\", copy: [] }", "f:3:19: weight changes something: y says yes to its question"),
        ("{ weight: \"B\" }", "f:3:19: weight changes something: B is part of an arrow key"),
        ("{ quit: \"Esc\" }", "f:3:17: Esc goes back, wherever it is pressed"),
        ("{ quit: [] }", "f:3:17: quit needs a key; write \"q\""),
    ])
    func `a wrong key map is told with place and remedy`(_ keys: String, _ complaint: String) {
        let complaints = complaints(keys)
        #expect(complaints.first?.hasPrefix(complaint) == true, "\(complaints)")
        #expect(complaints.allSatisfy { $0.hasPrefix("f:3:") }, "\(complaints)")
    }

    @Test func `keys that swap their actions are no conflict`() {
        #expect(complaints("{ drain: \"w\", weight: \"d\" }").isEmpty)
        #expect(complaints("{ copy: \"Y\", \"next-view\": [\"Tab\", \"^N\"] }").isEmpty)
    }

    @Test func `the standard keys stand up to what a configuration's must`() {
        let bound = ActionTable.all.flatMap { action in action.keys.map { (action, $0) } }
        for (action, key) in bound {
            if action.isMutating { #expect(KeyMap.whyForbidden(key) == nil, "\(action.name)") }
            for (other, otherKey) in bound {
                let reason = KeyMap.whyNot(action, key, beside: other, otherKey)
                #expect(reason == nil, "\(reason ?? "")")
            }
        }
    }

    @Test func `every key is read from the label that help writes`() {
        let tabsAndEnters = Set("hijm".map { Key.control($0) })
        for key in everyKey where !tabsAndEnters.contains(key) { #expect(Key(label: key.label) == key) }
    }
}
