import GatewayCore
import Testing

@testable import Console

struct PolicyDialogTests {
    private func screen() throws -> Screen {
        var snapshot = SampleFleet.snapshot(nodes: 8, second: 60)
        snapshot.gateway.policies = Policies.names
        snapshot.gateway.policy = "foresight"
        snapshot.gateway.policySettings = try PolicySettings().changed(
            to: "foresight", model: nil, parameters: ["lambda": 1])
        return Screen(Size(100, 40), snapshot)
    }

    private func sent(_ screen: Screen) -> [Command] { screen.submitted.map(\.command) }

    @Test func `the palette's parameters arrive in the dialog and only changes are sent`() throws {
        var screen = try screen()
        screen.type(":policy foresight w=3")
        screen.press(.enter)
        #expect(sent(screen).isEmpty)
        let text = screen.text
        #expect(text.contains("0.5 to 8") && text.contains("(now)") && text.contains("price of a second"))
        screen.press(.character("y"))
        #expect(sent(screen) == [.setPolicy(name: "foresight", parameters: ["w": 3])])
    }

    @Test func `what is chosen is explained in full where its line is too short for it`() throws {
        var screen = try screen()
        screen.state.size = Size(80, 24)
        screen.press(.character("o"))
        let words = try #require(Policies.summary(of: "foresight")).split(separator: " ")
        #expect(screen.text.contains("foresight: \(words[0]) \(words[1])"))
        #expect(screen.text.contains(words.suffix(2).joined(separator: " ")))
        screen.press(.tab, .down)
        #expect(screen.text.contains("lambda, 0 to 4: price of a second of decoding that gets slower"))
        #expect(screen.text.contains("y apply"))
        screen.state.size = Size(200, 50)
        #expect(!screen.text.contains("lambda, 0 to 4"))
    }

    @Test func `arrows step a parameter and digits type it`() throws {
        var screen = try screen()
        screen.press(.character("o"), .tab, .right, .right, .down, .down, .down, .character("0"))
        screen.press(.character("y"))
        #expect(sent(screen) == [.setPolicy(name: "foresight", parameters: ["w": 4, "hold": 0])])
    }

    @Test func `a value out of range or no number is not sent`() throws {
        for typed in ["9", "1.2.3"] {
            var screen = try screen()
            screen.press(.character("o"), .tab)
            screen.type(typed)
            screen.press(.character("y"))
            #expect(sent(screen).isEmpty && screen.state.dialog != nil)
            #expect(screen.text.contains("w is 0.5 to 8"))
        }
    }

    @Test func `a model is chosen, with its own policy and the way back to the others'`() throws {
        var screen = try screen()
        let model = try #require(screen.snapshot?.nodes.flatMap(\.models).min())
        screen.press(.character("o"), .character("m"), .down, .character("y"))
        #expect(sent(screen) == [.setPolicy(name: "prefix-affinity", model: model)])
        let settings = try PolicySettings().changed(to: "random", model: model, parameters: [:])
        var other = try self.screen()
        other.snapshot?.gateway.policySettings = settings
        other.type(":policy default --model \(model)")
        other.press(.enter, .character("y"))
        #expect(sent(other) == [.setPolicy(name: "default", model: model)])
    }

    @Test(arguments: [
        (":policy foresight ww=3", "did you mean w?"), (":policy foresight w=99", "give 0.5 to 8"),
        (":policy foresight w", "no parameter"), (":policy random --model", "names no model"),
    ])
    func `what cannot be is told at once`(line: String, words: String) throws {
        var screen = try screen()
        screen.type(line)
        screen.press(.enter)
        #expect(screen.state.dialog == nil && screen.state.notice?.text.contains(words) == true)
    }

    @Test func `the palette completes parameters and models`() throws {
        let screen = try screen()
        let lines = Palette.completions("policy foresight w=3 l", screen.state, screen.snapshot).map(\.text)
        #expect(
            lines.contains("policy foresight w=3 lambda=") && lines.contains("policy foresight w=3 leave="))
        let models = Palette.completions("policy random --model ", screen.state, screen.snapshot)
        #expect(!models.isEmpty)
    }

    @Test func `every parameter of every policy can be stepped within its range`() throws {
        let gateway = try #require(try screen().snapshot?.gateway)
        for name in Policies.names {
            for (index, parameter) in Policies.parameters(of: name).enumerated() {
                for key in [Key.left, .right] {
                    var draft = try PolicyDraft(PolicyWish([name]), model: nil, gateway)
                    for _ in 0...index { draft.press(.tab, nil) }
                    draft.press(key, nil)
                    #expect(parameter.range.contains(draft.values[index]), "\(name) \(parameter.name)")
                    for _ in 0..<3 { draft.press(key, nil) }
                    let end = key == .left ? parameter.range.lowerBound : parameter.range.upperBound
                    #expect(draft.values[index] != parameter.standard || parameter.standard == end)
                    #expect(draft.problem == nil)
                }
            }
        }
    }
}
