import Foundation
import Testing

@testable import GatewayCore

struct PolicySettingsTests {
    private func changed(
        _ settings: PolicySettings, _ name: String, model: String? = nil, _ parameters: [String: Double] = [:]
    ) throws -> PolicySettings {
        try settings.changed(to: name, model: model, parameters: parameters)
    }

    @Test func `only the given parameters change while the policy stays; another has its standard ones`()
        throws
    {
        var settings = try changed(PolicySettings(), "foresight", ["w": 3])
        settings = try changed(settings, "foresight", ["lambda": 1])
        #expect(settings.standard.named["w"] == 3 && settings.standard.named["lambda"] == 1)
        #expect(settings.standard.words() == "foresight w=3 lambda=1")
        settings = try changed(changed(settings, "round-robin"), "foresight")
        #expect(settings.standard == PolicySetting.usual)
    }

    @Test func `a model begins with what it followed, and follows again`() throws {
        let settings = try changed(PolicySettings(), "foresight", ["w": 3])
        let own = try changed(settings, "foresight", model: "m", ["lambda": 1])
        #expect(own.of("m").words() == "foresight w=3 lambda=1" && own.of("n") == settings.standard)
        #expect(own.standard == settings.standard)
        #expect(try changed(own, "default", model: "m") == settings)
        #expect(throws: InputProblem.self) { try changed(settings, "default", model: "m") }
    }

    @Test func `the restoring command brings back name and values, in both places`() throws {
        var before = try changed(PolicySettings(), "foresight", ["w": 3, "feed": 1])
        before = try changed(before, "dynamo-kv", model: "m", ["scale": 4])
        let after: [(String?, PolicySettings)] = [
            (nil, try changed(before, "random")), (nil, try changed(before, "foresight", ["w": 1])),
            ("m", try changed(before, "default", model: "m")),
            ("m", try changed(before, "dynamo-kv", model: "m", ["scale": 1, "request": 2])),
            ("n", try changed(before, "random", model: "n")),
        ]
        for (model, changed) in after {
            guard case .setPolicy(let name, let whose, let parameters) = before.restoring(model) else {
                Issue.record("another command")
                continue
            }
            #expect(
                try changed.changed(to: name, model: whose, parameters: parameters ?? [:]) == before,
                "\(model ?? "all")")
        }
    }

    @Test func `models with their own are bounded`() throws {
        var settings = PolicySettings()
        for index in 0..<PolicySettings.modelLimit {
            settings = try changed(settings, "random", model: "m\(index)")
        }
        #expect(throws: InputProblem.self) { try changed(settings, "random", model: "one more") }
        #expect(try changed(settings, "round-robin", model: "m3").models.count == PolicySettings.modelLimit)
    }

    @Test func `a change of values keeps what a policy has learned, a change of policy does not`() throws {
        var settings = PolicySettings()
        settings = try changed(settings, "round-robin", model: "m")
        var policies = ModelPolicies(settings)
        let model = PromptHash.of(text: "m")
        var random = SplitMix64(seed: 1)
        let candidates = (0..<3).map { Candidate(node: $0, weight: 100, active: 0) }
        func turn(_ policies: inout ModelPolicies) -> Int {
            policies.choose(model, among: candidates, for: RoutingRequest(), random: &random).index
        }
        let turns = [turn(&policies), turn(&policies)]
        settings = try changed(settings, "foresight", ["w": 5])
        policies.follow(settings)
        #expect(policies[0].values[0] == 5 && type(of: policies[model]).name == "round-robin")
        #expect(Set(turns + [turn(&policies)]).count == 3, "the turn goes on where it was")
        policies.follow(PolicySettings())
        #expect(type(of: policies[model]).name == "foresight" && policies[model].values[0] == 2)
    }

    @Test func `settings come back from the wire as they were`() throws {
        var settings = try changed(PolicySettings(), "foresight", ["w": 3])
        settings = try changed(settings, "dynamo-kv", model: "m é", ["scale": 4])
        let again = try JSONDecoder().decode(
            PolicySettings.self, from: JSONEncoder().encode(settings))
        #expect(again == settings)
    }
}
