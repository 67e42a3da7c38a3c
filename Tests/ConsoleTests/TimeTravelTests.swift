import GatewayCore
import Testing

@testable import Console

/// The past, the held picture, and recordings: what is shown and what can't be done there.
struct TimeTravelTests {
    /// A screen whose last hour can be shown; the fleet is in every state, so that every verb would find something to do.
    private func travelling(_ ownership: GatewayOwnership = .started) -> Screen {
        var screen = Screen(
            Size(160, 40), SampleFleet.troubled(second: 60), ownership: ownership)
        screen.state.undo = .undrain(node: "engine-2")
        let now = screen.snapshot?.time ?? 0
        screen.take(.reach((now - 3600)...now))
        return screen
    }

    private var newest: Double { SampleFleet.troubled(second: 60).time }

    @Test(arguments: [
        (",", -1.0), ("[", -10), ("{", -60), ("[[.", -19), ("{]", -50), ("{{{,", -181),
    ])
    func `keys step by a second, ten and a minute`(_ keys: String, _ seconds: Double) {
        var screen = travelling()
        screen.type(keys)
        #expect(screen.state.moment == .past(at: newest + seconds, isPlaying: false))
        #expect(screen.effects.last == .show(at: newest + seconds))
    }

    @Test func `the past ends at the oldest picture, and at now it is over`() {
        var screen = travelling()
        for _ in 0..<70 { screen.type("{") }
        #expect(screen.state.moment == .past(at: newest - 3600, isPlaying: false))
        #expect(screen.state.notice?.text == "no older picture is kept")
        for _ in 0..<60 { screen.type("}") }
        #expect(screen.state.moment == .now)
        #expect(screen.effects.last == .show(at: nil))
        let effects = screen.effects.count
        screen.type("].}")
        #expect(screen.effects.count == effects, "there is nothing after now")
    }

    @Test func `what is older than this console is asked of the gateway once, and shown when it comes`() {
        var screen = travelling()
        screen.take(.reach((newest - 20)...newest))
        screen.type("{")
        #expect(screen.effects == [.askPast, .show(at: newest - 20)])
        screen.take(.reach((newest - 20)...(newest + 1)))
        #expect(screen.effects.count == 2, "a picture of now is no answer")
        screen.take(.reach((newest - 3600)...(newest + 1)))
        #expect(screen.effects.last == .show(at: newest - 60))
        #expect(screen.state.moment == .past(at: newest - 60, isPlaying: false))
        screen.take(.reach((newest - 20)...newest))
        screen.type("{")
        #expect(screen.effects.filter { $0 == .askPast }.count == 1)
        #expect(screen.text.contains("no older picture is kept"))
    }

    @Test func `who went back to now before the answer stays there`() {
        var screen = travelling()
        screen.take(.reach((newest - 20)...newest))
        screen.type("{n")
        screen.take(.reach((newest - 3600)...newest))
        #expect(screen.state.moment == .now)
    }

    @Test func `the banner tells the time of the picture in UTC and how long ago it was`() throws {
        var screen = travelling()
        screen.type("{")
        screen.snapshot?.time -= 60
        screen.state.now = newest + 5
        let first = screen.canvas.row(0)
        #expect(first.contains("PAST \(NumberText.clock(newest - 60)) UTC -1m05s"), "\(first)")
        screen.type("p")
        #expect(screen.canvas.row(0).contains("playing"))
        #expect(!travelling().canvas.row(0).contains("PAST"))
    }

    @Test func `Esc, Left and n lead back to now and leave the rest as it was`() {
        for key in [Key.escape, .left, .character("n")] {
            var screen = travelling()
            screen.state.filter = "engine"
            screen.type("[")
            screen.press(key)
            #expect(screen.state.moment == .now && screen.effects.last == .show(at: nil))
            #expect(screen.state.filter == "engine")
        }
    }

    @Test func `playing goes on by the time that passes and ends at now`() {
        var screen = travelling()
        screen.type(",,,p")
        var now = screen.state.now
        for _ in 0..<4 {
            now += 0.25
            screen.take(.tick(now))
        }
        #expect(screen.state.moment == .past(at: newest - 2, isPlaying: true))
        screen.type("p")
        screen.take(.tick(now + 9))
        #expect(screen.state.moment == .past(at: newest - 2, isPlaying: false), "paused")
        screen.type("p")
        for _ in 0..<3 {
            now = screen.state.now + 1
            screen.take(.tick(now))
        }
        #expect(screen.state.moment == .now)
    }

    @Test func `the palette takes a time of day or how long ago`() {
        // The newest picture is of 14:04:20 UTC.
        for (line, seconds) in [
            ("-90s", -90.0), ("-10m", -600), ("14:03", -80), ("14:03:50", -30), ("15:30", -3600),
        ] {
            var screen = travelling()
            screen.type(":past \(line)")
            screen.press(.enter)
            #expect(screen.state.moment == .past(at: newest + seconds, isPlaying: false), "\(line)")
        }
        for line in ["", "25:00", "14:60", "soon", "-", "14"] {
            var screen = travelling()
            screen.type(":past \(line)")
            screen.press(.enter)
            #expect(screen.state.moment == .now && screen.text.contains("past takes a time"), "\(line)")
        }
    }

    @Test(arguments: [GatewayOwnership.started, .attached, .recorded])
    func `in the past and in a recording no key and no command changes anything`(
        _ ownership: GatewayOwnership
    ) {
        for view in ViewName.allCases {
            for key in everyKey {
                var screen = travelling(ownership)
                screen.state.view = view
                screen.type("[")
                screen.press(key)
                if !screen.state.isPast { continue }
                screen.press(.character("y"), .character("d"), .character("x"))
                #expect(screen.submitted.isEmpty, "\(key) then y in \(view)")
            }
        }
        let reason = ownership == .recorded ? "recorded:" : "this is the past"
        let mutating = ActionTable.all.filter(\.isMutating)
        #expect(mutating.count >= 10)
        for action in mutating {
            var screen = travelling(ownership)
            screen.type("[")
            #expect(
                action.whyDisabled(screen.state, screen.snapshot)?.contains(reason) == true, "\(action.name)")
            for key in action.keys {
                screen.state.view = action.views?.first ?? .fleet
                screen.press(key)
                #expect(screen.state.dialog == nil, "\(action.name) asked")
                #expect(screen.state.notice?.text.contains(reason) == true, "\(action.name) said nothing")
            }
            screen.type(":\(action.name) engine-1")
            screen.press(.enter)
            #expect(screen.state.dialog == nil && screen.submitted.isEmpty, "\(action.name) by name")
        }
    }

    @Test func `a recording begins in the past, has no now and stays at its end`() {
        var screen = travelling(.recorded)
        screen.state.moment = .past(at: newest - 60, isPlaying: true)
        screen.press(.escape, .character("n"))
        #expect(screen.state.isPast)
        #expect(screen.text.contains("a recording has no now"))
        screen.type("{}}")
        #expect(screen.state.moment == .past(at: newest, isPlaying: false))
        #expect(screen.text.contains("the recording ends here"))
        #expect(screen.canvas.row(0).contains("RECORDED \(NumberText.clock(newest)) UTC 1h00m/1h00m"))
        screen.type("q")
        #expect(screen.effects.last == .quit)
    }

    @Test func `a lost gateway hides nothing of the past, and is told beside it`() {
        var screen = travelling()
        screen.take(.connection(.lost(since: newest, reason: "reset")))
        #expect(screen.canvas.row(0).contains("does not answer"))
        screen.type("[")
        let first = screen.canvas.row(0)
        #expect(first.contains("serving") && first.contains(" LOST ") && first.contains("PAST"), "\(first)")
    }

    @Test func `a frozen screen tells its age, and steps from there`() {
        var screen = travelling()
        screen.type("p")
        screen.state.now += 42
        #expect(screen.canvas.row(0).contains("FROZEN 43s"), "\(screen.canvas.row(0))")
        screen.take(.reach((newest - 3600)...(newest + 42)))
        screen.type("[")
        #expect(screen.state.moment == .past(at: newest - 10, isPlaying: false))
        screen.type("n")
        #expect(screen.state.moment == .now)
    }

    @Test func `before the first picture there is nowhere to go`() {
        var screen = Screen(Size(80, 24), nil)
        screen.type("[")
        #expect(screen.state.moment == .now && screen.text.contains("no picture is kept yet"))
    }
}
