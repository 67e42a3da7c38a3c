import GatewayCore
import Testing

@testable import Console

/// Trying a change, and what the screen says of it meanwhile.
struct TrialScreenTests {
    private static func tried(_ count: Int = 1) -> Snapshot {
        var snapshot = SampleFleet.snapshot(nodes: 8, second: 60)
        let trials = [
            TrialStatus(
                what: "policy", tried: "random", before: "foresight w=3", actor: "bob",
                until: snapshot.time + 252),
            TrialStatus(
                what: "weight of engine-2", tried: "50", before: "100", actor: "ann",
                until: snapshot.time + 600),
        ]
        snapshot.trials = Array(trials.prefix(count))
        return snapshot
    }

    @Test func `t tries a policy or a weight for five minutes, longer, and for good again`() {
        for opener in ["ojj", "w5"] {
            for (keys, seconds) in [("", nil), ("t", 300.0), ("tt", 900), ("ttt", 3_600), ("tttt", nil)] {
                var screen = Screen()
                screen.type(opener + keys)
                #expect(screen.text.contains("Tried for") == (seconds != nil))
                screen.press(.character("y"))
                #expect(screen.submitted.map(\.trySeconds) == [seconds], "\(opener)\(keys)")
            }
        }
    }

    @Test func `marked nodes are all tried`() {
        var screen = Screen()
        screen.type("  w5ty")
        screen.take(.result(CommandResult(accepted: true, message: "done", configurationVersion: 8)))
        #expect(screen.submitted.map(\.trySeconds) == [300, 300])
    }

    @Test func `the palette takes the time, and says what is wrong with it`() {
        for line in [":policy random --try 90s", ":weight engine-2 50 --try 90s"] {
            var screen = Screen()
            screen.type(line)
            screen.press(.enter, .character("y"))
            #expect(screen.submitted.map(\.trySeconds) == [90])
        }
        var wrong = Screen()
        wrong.type(":weight engine-2 50 --try soon")
        wrong.press(.enter)
        #expect(wrong.state.dialog == nil && wrong.text.contains("--try takes a time"))
    }

    @Test func `the banner counts down to what comes back, and a keeps it after a yes`() {
        var screen = Screen(Size(80, 24), Self.tried())
        #expect(screen.text.contains("TRIAL 4m12s then policy foresight w=3"))
        #expect(screen.text.contains("a keep"))
        var later = Self.tried()
        later.time += 100
        screen.show(later)
        #expect(screen.text.contains("TRIAL 2m32s then"))
        screen.press(.character("a"))
        #expect(
            screen.submitted.isEmpty
                && screen.text.contains("policy random, back to foresight w=3 in 2m32s; by bob"))
        screen.press(.character("y"))
        #expect(screen.submitted.map(\.command) == [.keep])
    }

    @Test func `of two trials the banner tells the one that ends first, and how many more`() {
        #expect(
            Screen(Size(120, 40), Self.tried(2)).text.contains("TRIAL 4m12s then policy foresight w=3 +1"))
        #expect(!Screen().text.contains("TRIAL"))
    }

    @Test func `without a trial there is nothing to keep`() {
        var screen = Screen(Size(200, 24))
        screen.press(.character("a"))
        #expect(screen.state.dialog == nil && screen.text.contains("nothing is being tried"))
    }

    @Test func `the policy dialog tells whom a switch is about and what it costs in warm caches`() {
        var screen = Screen(Size(100, 30))
        screen.type("o")
        #expect(screen.text.contains("Affects  8 mixed nodes, "))
        #expect(!screen.text.contains("Warmth"), "the live policy against itself")
        screen.type("kkkkk")
        screen.type("kkkkk")
        let text = screen.text
        #expect(text.contains("Foreseen +1250 ms, hits −35 than now"))
        #expect(text.contains("Warmth   90% of requests change node; prefill +"))
        #expect(text.contains(" tokens/s"))
        var unknown = screen
        unknown.snapshot?.shadows = []
        #expect(!unknown.text.contains("Warmth") && unknown.text.contains("Affects"))
    }
}
