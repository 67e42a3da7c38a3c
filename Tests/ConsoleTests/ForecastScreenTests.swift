import GatewayCore
import Testing

@testable import Console

/// What the gateway foresees of a change, in the dialog that asks for it.
struct ForecastScreenTests {
    private static func forecast(_ nodes: [String]) -> Forecast { forecast(.out(nodes)) }

    private static func forecast(_ change: NodeChange) -> Forecast {
        var forecast = Forecast(change)
        forecast.model = "llama"
        forecast.before = Forecast.Figures(ttftP50: 0.2, ttftP99: 0.5, queueEach: 0.4, shares: [:])
        forecast.after = Forecast.Figures(
            ttftP50: 0.3, ttftP99: 0.9, queueEach: 0.9,
            shares: ["engine-2": 0.4, "engine-3": 0.3, "engine-4": 0.2, "engine-5": 0.1])
        return forecast
    }

    @Test(arguments: [Size(80, 24), Size(200, 50)])
    func `the dialog asks what a drain would do and shows the queue and first tokens to come`(_ size: Size) {
        var screen = Screen(size)
        screen.snapshot?.totals.ttft?.p50 = 0.1
        screen.press(.character("d"))
        #expect(screen.effects == [.foresee(.out(["engine-1"]))])
        #expect(screen.text.contains("the last minutes' requests are played again"))
        screen.take(.forecast(Self.forecast(["engine-1"])))
        #expect(screen.text.contains("TTFT p50 100 -> ~150 ms"), "\(screen.text)")
        #expect(screen.text.contains("queue each 0.40 -> ~0.90"), "\(screen.text)")
        #expect(screen.text.contains("engine-2 ~40%, engine-3 ~30%, ..."))
        screen.press(.character("y"))
        #expect(screen.submitted.count == 1)
    }

    @Test func `an answer about other nodes, or to no open question, is passed over`() {
        var screen = Screen()
        screen.take(.forecast(Self.forecast(["engine-1"])))
        #expect(screen.state.dialog == nil)
        screen.press(.character("d"))
        screen.take(.forecast(Self.forecast(["engine-2"])))
        #expect(screen.state.dialog?.forecast == nil)
        screen.press(.escape, .character("w"))
        screen.take(.forecast(Self.forecast(["engine-1"])))
        #expect(screen.state.dialog?.forecast == nil)
    }

    @Test(arguments: [
        ("w", "2", NodeChange.Setting.weight(2), "5", NodeChange.Setting.weight(25)),
        ("l", "8", .limit(8), "4", .limit(84)),
    ])
    func `each number that is chosen is asked about anew, the present one is not`(
        _ opener: String, _ first: String, _ one: NodeChange.Setting, _ second: String,
        _ other: NodeChange.Setting
    ) {
        var screen = Screen(Size(120, 40))
        screen.type(opener)
        #expect(screen.effects.isEmpty && !screen.text.contains("played again"))
        screen.type(first + second)
        let changes = [one, other].map { NodeChange($0, of: ["engine-1"]) }
        #expect(screen.effects == changes.map { .foresee($0) })
        #expect(screen.text.contains("the last minutes' requests are played again"))
        screen.take(.forecast(Self.forecast(changes[0])))
        #expect(screen.state.dialog?.forecast == nil, "of a number that is no more wanted")
        screen.take(.forecast(Self.forecast(changes[1])))
        #expect(screen.text.contains("queue each 0.40 -> ~0.90"), "\(screen.text)")
        screen.type("c")
        #expect(screen.state.dialog?.forecast == nil && screen.effects.count == 2)
    }

    @Test func `what can't be foreseen is said`() {
        var screen = Screen()
        screen.press(.character("d"))
        var forecast = Forecast(.out(["engine-1"]))
        forecast.problem = "too few requests to judge by: 3 of 50"
        screen.take(.forecast(forecast))
        #expect(screen.text.contains("too few requests to judge by: 3 of 50"))
    }
}
