import GatewayCore
import Testing

@testable import Console

/// What the gateway foresees of a drain, in the dialog that asks for it.
struct DrainForecastScreenTests {
    private static func forecast(_ nodes: [String]) -> DrainForecast {
        var forecast = DrainForecast(nodes: nodes)
        forecast.model = "llama"
        forecast.before = DrainForecast.Figures(ttftP50: 0.2, ttftP99: 0.5, queueEach: 0.4, shares: [:])
        forecast.after = DrainForecast.Figures(
            ttftP50: 0.3, ttftP99: 0.9, queueEach: 0.9,
            shares: ["engine-2": 0.4, "engine-3": 0.3, "engine-4": 0.2, "engine-5": 0.1])
        return forecast
    }

    @Test(arguments: [Size(80, 24), Size(200, 50)])
    func `the dialog asks what a drain would do and shows the queue and first tokens to come`(_ size: Size) {
        var screen = Screen(size)
        screen.snapshot?.totals.ttft?.p50 = 0.1
        screen.press(.character("d"))
        #expect(screen.effects == [.foresee(["engine-1"])])
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

    @Test func `what can't be foreseen is said`() {
        var screen = Screen()
        screen.press(.character("d"))
        var forecast = DrainForecast(nodes: ["engine-1"])
        forecast.problem = "too few requests to judge by: 3 of 50"
        screen.take(.forecast(forecast))
        #expect(screen.text.contains("too few requests to judge by: 3 of 50"))
    }
}
