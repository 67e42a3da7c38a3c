import GatewayCore
import Testing

private func outcome(_ rest: String) -> GatewayConfiguration.Outcome {
    GatewayConfiguration.read(
        Array("{nodes: [{name: 'a', url: 'http://h:1'}],\n\(rest)}".utf8), environment: [:],
        policies: Policies.names)
}

private func said(_ rest: String) -> [String] {
    guard case .issues(let issues) = outcome(rest) else { return [] }
    return issues.map { $0.text(file: "f") }
}

struct PolicyConfigurationTests {
    @Test func `a policy has parameters, and a model its own`() throws {
        let text = """
            policy: {name: 'foresight', w: 3}, models: {big: {policy: {name: 'dynamo-kv', scale: 4}},
             small: {policy: 'random'}, other: {}}
            """
        guard case .configuration(let configuration) = outcome(text) else {
            Issue.record("\(said(text))")
            return
        }
        let policies = configuration.policies
        #expect(policies.standard == (try PolicySetting("foresight", ["w": 3])))
        #expect(policies.own("big")?.named["scale"] == 4 && policies.own("big")?.named["credit"] == 1)
        #expect(policies.own("small")?.name == "random" && policies.own("other") == nil)
        #expect(policies.of("other") == policies.standard && policies.of(nil) == policies.standard)
    }

    @Test(arguments: [
        ("policy: 'foresite'", 9, "did you mean \"foresight\"?"),
        ("policy: {name: 'foresight', ww: 3}", 29, "did you mean \"w\"?"),
        ("policy: {name: 'foresight', w: 9}", 32, "write 0.5 to 8"),
        ("policy: {name: 'foresight', w: 'x'}", 32, "not a number"),
        ("policy: {w: 3}", 9, "policy has no name"), ("policy: 3", 9, "not a string"),
        ("models: 3", 9, "models is no object"),
        ("models: {m: {polisy: 'random'}}", 14, "did you mean \"policy\"?"),
        ("models: {m: {policy: {name: 'foresight', hold: 2}}}", 48, "write 0 to 1"),
    ])
    func `a mistake has its line and column and a remedy`(text: String, column: Int, words: String) {
        let said = said(text)
        #expect(said.count == 1 && said[0].hasPrefix("f:2:\(column): "), "\(said)")
        #expect(said.first?.contains(words) == true, "\(said)")
    }

    @Test func `tuning is off, or looks so often as routing says`() {
        guard case .configuration(let plain) = outcome(""),
            case .configuration(let tuned) = outcome("routing: {autotune: '5m'}")
        else {
            Issue.record("\(said("routing: {autotune: '5m'}"))")
            return
        }
        #expect(plain.routing.autotuneSeconds == nil)
        #expect(tuned.routing.autotuneSeconds == 300)
        #expect(said("routing: {autotune: 1}").first?.contains("out of range") == true)
    }

    @Test func `more models than may have their own are refused`() {
        let models = (0...PolicySettings.modelLimit).map { "m\($0): {policy: 'random'}" }
        #expect(said("models: {\(models.joined(separator: ", "))}").count == 1)
    }
}
