import Testing

@testable import GatewayCore

/// When the tuner asks, what it does with the answer, and when it keeps its hands off.
struct AutotuningTests {
    private static let model = "m"
    private var policies = PolicySettings()

    private func asked(_ tuning: inout Autotuning, at now: Double) throws -> TuningQuestion {
        let question = tuning.question(Self.model, policies, now: now)
        return try #require(question)
    }

    /// A look at an instant that finds a better w; the command.
    private func changed(_ tuning: inout Autotuning, at now: Double, w: Double = 2.5) throws -> CommandRequest
    {
        let question = try asked(&tuning, at: now)
        let better = try PolicySetting("foresight", ["w": w], after: question.present)
        let answer = TuningAnswer(question: question, finding: .change(better, why: "why"), seconds: 1)
        let request = tuning.take(answer, policies, now: now)
        tuning.applied(whose: question.whose, before: question.present, version: 9)
        return try #require(request)
    }

    private func change(_ whose: String? = nil) -> PolicySwitch {
        PolicySwitch(Snapshot(), model: whose, from: "a", to: "b", now: 0)
    }

    @Test func `it is off by default, and then asks nothing and shows nothing`() {
        var tuning = Autotuning(every: nil, now: 0)
        let result1 = tuning.question(Self.model, policies, now: 1e9)
        #expect(result1 == nil)
        #expect(tuning.status(version: 1) == nil)
    }

    @Test func `it asks after each interval, and once at a time`() throws {
        var tuning = Autotuning(every: 60, now: 0)
        let result2 = tuning.question(Self.model, policies, now: 59)
        #expect(result2 == nil)
        let question = try asked(&tuning, at: 60)
        #expect(question.whose == nil && question.present == policies.standard)
        let result3 = tuning.question(Self.model, policies, now: 61)
        #expect(result3 == nil)
        let stay = TuningAnswer(question: question, finding: .stay(why: "no gain"), seconds: 1)
        let result4 = tuning.take(stay, policies, now: 62)
        #expect(result4 == nil)
        #expect(tuning.status(version: 1)?.words == "no gain")
        let result5 = tuning.question(Self.model, policies, now: 121)
        #expect(result5 == nil)
        let result6 = tuning.question(Self.model, policies, now: 122)
        #expect(result6 != nil)
    }

    @Test func `what a look takes of a core is three percent at most`() throws {
        var tuning = Autotuning(every: 60, now: 0)
        let question = try asked(&tuning, at: 60)
        let slow = TuningAnswer(question: question, finding: .stay(why: ""), seconds: 6)
        _ = tuning.take(slow, policies, now: 66)
        let result7 = tuning.question(Self.model, policies, now: 265)
        #expect(result7 == nil)
        let result8 = tuning.question(Self.model, policies, now: 267)
        #expect(result8 != nil)
    }

    @Test func `a change is a command for whose setting it is, and can be undone while it is the last`()
        throws
    {
        var tuning = Autotuning(every: 60, now: 0)
        let request = try changed(&tuning, at: 60)
        #expect(request.actor == "autotune" && request.reason == "why")
        guard case .setPolicy("foresight", nil, let values) = request.command else {
            Issue.record("\(request.command)")
            return
        }
        #expect(values?["w"] == 2.5)
        let status = try #require(tuning.status(version: 9))
        #expect(status.undo == policies.standard.command(model: nil))
        #expect(tuning.status(version: 10)?.undo == nil)
    }

    @Test func `a model's own policy is tuned for that model`() throws {
        var tests = self
        tests.policies.set(try PolicySetting("foresight", ["w": 4]), of: Self.model)
        var tuning = Autotuning(every: 60, now: 0)
        let result9 = try tests.asked(&tuning, at: 60)
        #expect(result9.whose == Self.model)
    }

    @Test func `an answer to a setting that is not there any more does nothing`() throws {
        var tuning = Autotuning(every: 60, now: 0)
        let question = try asked(&tuning, at: 60)
        let answer = TuningAnswer(
            question: question, finding: .change(try PolicySetting("foresight", ["w": 4]), why: ""),
            seconds: 1)
        var other = policies
        other.standard = try PolicySetting("random")
        let result10 = tuning.take(answer, other, now: 61)
        #expect(result10 == nil)
    }

    @Test func `where an operator sets a policy it stays off until it is switched on again`() throws {
        var tuning = Autotuning(every: 60, now: 0)
        _ = try changed(&tuning, at: 60)
        tuning.stop(nil, by: "ann", policies.standard)
        let result11 = tuning.question(Self.model, policies, now: 1e6)
        #expect(result11 == nil)
        #expect(tuning.status(version: 9)?.words == "off for all models since ann set the policy")
        #expect(tuning.status(version: 9)?.undo == nil)
        // Another model's own setting is another matter.
        var tests = self
        tests.policies.set(try PolicySetting("foresight"), of: Self.model)
        let result12 = try tests.asked(&tuning, at: 2e6)
        #expect(result12.whose == Self.model)
        tuning.turn(on: true, now: 3e6)
        let result13 = tuning.question(Self.model, policies, now: 3e6 + 60)
        #expect(result13?.whose == nil)
    }

    @Test func `what is measured to be worse is taken back, and the next look is twice as late`() throws {
        var tuning = Autotuning(every: 60, now: 0)
        _ = try changed(&tuning, at: 60)
        let revert = tuning.judge(change(), 0.2)
        let back = try #require(revert)
        #expect(back.command == policies.standard.command(model: nil) && back.actor == "autotune")
        _ = try changed(&tuning, at: 120)
        let result14 = tuning.question(Self.model, policies, now: 239)
        #expect(result14 == nil)
        let result15 = tuning.question(Self.model, policies, now: 240)
        #expect(result15 != nil)
    }

    @Test(arguments: [nil, -0.2, 0.05]) func `what is not measured to be worse stays`(loss: Double?) throws {
        var tuning = Autotuning(every: 60, now: 0)
        _ = try changed(&tuning, at: 60)
        let result16 = tuning.judge(change(), loss)
        #expect(result16 == nil)
        // The verdict on what came later is not its own.
        let result17 = tuning.judge(change(), 0.5)
        #expect(result17 == nil)
        #expect(tuning.status(version: 9)?.undo != nil)
    }

    @Test func `an operator's change is not judged for it`() throws {
        var tuning = Autotuning(every: 60, now: 0)
        _ = try changed(&tuning, at: 60)
        let result18 = tuning.judge(change("other"), 0.5)
        #expect(result18 == nil)
    }

    @Test func `the tail is held against the operator's setting, not the last change`() throws {
        var tests = self
        var tuning = Autotuning(every: 60, now: 0)
        _ = try tests.changed(&tuning, at: 60)
        tests.policies.standard = try PolicySetting("foresight", ["w": 2.5])
        let question = try tests.asked(&tuning, at: 120)
        #expect(question.present.named["w"] == 2.5 && question.operators == policies.standard)
    }

    @Test func `what routes by another policy is left alone, and says so`() throws {
        var tests = self
        tests.policies.standard = try PolicySetting("random")
        var tuning = Autotuning(every: 60, now: 0)
        let result19 = tuning.question(Self.model, tests.policies, now: 60)
        #expect(result19 == nil)
        #expect(tuning.status(version: 1)?.words.contains("routed by random") == true)
    }
}
