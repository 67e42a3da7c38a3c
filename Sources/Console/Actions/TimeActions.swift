import GatewayCore

extension ActionTable {
    /// Which moment the screen shows, and keeping it.
    static let travelling: [Action] = [
        Action(
            "freeze", [.character("p")], .screen, hint: 45,
            "Holds the picture while the gateway goes on; in the past lets time go on or stand.",
            title: { state, _ in
                switch state.moment {
                case .now: "freeze"
                case .frozen: "go on"
                case .past(_, let isPlaying): isPlaying ? "pause" : "play"
                }
            },
            perform: { state, context in TimeTravel.toggle(&state, context) }),
        Action(
            "now", [.character("n")], .screen, hint: 0, "Leaves the past, or the held picture.",
            disabled: { state, _ in
                if state.ownership == .recorded { return "a recording has no now" }
                return state.moment == .now ? "this is now" : nil
            },
            perform: { state, _ in TimeTravel.now(&state) }),
        step("back-1s", ",", -1, "Shows the picture of a second before."),
        step("forward-1s", ".", 1, "Shows the picture of a second after."),
        step("back-10s", "[", -10, "Shows the picture of 10 s before.", hint: 48),
        step("forward-10s", "]", 10, "Shows the picture of 10 s after."),
        step("back-1m", "{", -60, "Shows the picture of a minute before."),
        step("forward-1m", "}", 60, "Shows the picture of a minute after."),
        Action(
            "past", [], usage: "HH:MM[:SS]|-90s|-10m", .screen,
            "Shows the fleet as it was at a time of the last hour, in UTC.",
            perform: { state, context in TimeTravel.go(&state, context) }),
        Action(
            "picture", [.character("P")], usage: "[svg|ansi|text]", .screen,
            "Writes the screen into a file, as SVG unless said otherwise, and tells where.",
            perform: { state, context in
                guard let format = PictureFormat(rawValue: context.arguments.first ?? "svg") else {
                    state.tell("picture takes svg, ansi or text", .warning)
                    return []
                }
                return [.export(format)]
            }),
    ]

    private static func step(
        _ name: String, _ key: Character, _ seconds: Double, _ help: String, hint: Int? = nil
    ) -> Action {
        Action(
            name, [.character(key)], .screen, hint: hint, help,
            title: { _, _ in seconds < 0 ? "\(Int(-seconds)) s back" : "\(Int(seconds)) s on" },
            disabled: { state, _ in
                if state.reach == nil { return "no picture is kept yet" }
                return seconds > 0 && state.moment == .now ? "this is now" : nil
            },
            perform: { state, _ in TimeTravel.step(&state, by: seconds) })
    }
}

/// Going about in the pictures that are kept.
enum TimeTravel {
    static func now(_ state: inout ScreenState) -> [Effect] {
        state.moment = .now
        return [.show(at: nil)]
    }

    /// Freezes, goes on, plays or pauses, as the moment has it.
    static func toggle(_ state: inout ScreenState, _ context: ActionContext) -> [Effect] {
        switch state.moment {
        case .now:
            let time = context.snapshot?.time ?? state.now
            state.moment = .frozen(at: time)
            return [.show(at: time)]
        case .frozen: return now(&state)
        case .past(let time, let isPlaying):
            state.moment = .past(at: time, isPlaying: !isPlaying)
            return []
        }
    }

    static func step(_ state: inout ScreenState, by seconds: Double) -> [Effect] {
        guard let reach = state.reach else { return [] }
        switch state.moment {
        case .now: return show(&state, reach.upperBound + seconds, isPlaying: false)
        case .frozen(let time): return show(&state, time + seconds, isPlaying: false)
        case .past(let time, let isPlaying): return show(&state, time + seconds, isPlaying: isPlaying)
        }
    }

    /// Time that went by moves a past that is playing.
    static func play(_ state: inout ScreenState, _ seconds: Double) -> [Effect] {
        guard case .past(let time, true) = state.moment, seconds > 0 else { return [] }
        // A console that was stopped for a while goes on where it was.
        return show(&state, time + min(seconds, 2), isPlaying: true)
    }

    /// `past 14:03`, `past -10m`.
    static func go(_ state: inout ScreenState, _ context: ActionContext) -> [Effect] {
        guard let reach = state.reach else {
            state.tell("no picture is kept yet", .warning)
            return []
        }
        guard let word = context.arguments.first, let time = time(word, newest: reach.upperBound) else {
            state.tell("past takes a time such as 14:03, 14:03:20, -90s or -10m", .warning)
            return []
        }
        return show(&state, time, isPlaying: false)
    }

    /// The fleet as it was when something happened.
    static func open(_ event: EventRecord, _ state: inout ScreenState) -> [Effect] {
        guard state.reach != nil else {
            state.tell("no picture is kept yet", .warning)
            return []
        }
        state.view = .fleet
        if let node = event.node { state.selectedNode = node }
        return show(&state, event.time, isPlaying: false)
    }

    /// Unix time; a time of day is the last one that was.
    static func time(_ word: String, newest: Double) -> Double? {
        if word.hasPrefix("-") { return DrainOptions.seconds(String(word.dropFirst())).map { newest - $0 } }
        let parts = word.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        guard (2...3).contains(parts.count), let hour = parts[0], let minute = parts[1],
            let second = parts.count == 3 ? parts[2] : 0, (0..<24).contains(hour),
            (0..<60).contains(minute), (0..<60).contains(second)
        else { return nil }
        let midnight = (newest / 86_400).rounded(.down) * 86_400
        let time = midnight + Double(hour * 3600 + minute * 60 + second)
        return time > newest + 1 ? time - 86_400 : time
    }

    /// Pictures came; what was wanted before the gateway sent its own is shown now.
    static func take(_ reach: ClosedRange<Double>?, _ state: inout ScreenState) -> [Effect] {
        let before = state.reach?.lowerBound ?? .infinity
        state.reach = reach
        guard let wanted = state.wantedTime, let reach, reach.lowerBound < before else { return [] }
        state.wantedTime = nil
        guard case .past(_, let isPlaying) = state.moment else { return [] }
        return show(&state, wanted, isPlaying: isPlaying)
    }

    private static func show(_ state: inout ScreenState, _ time: Double, isPlaying: Bool) -> [Effect] {
        guard let reach = state.reach else { return [] }
        var isPlaying = isPlaying
        var effects: [Effect] = []
        if time >= reach.upperBound {
            guard state.ownership == .recorded else {
                state.tell("this is now")
                return now(&state)
            }
            state.tell("the recording ends here")
            isPlaying = false
        } else if time < reach.lowerBound, !state.hasAskedPast, state.ownership != .recorded {
            state.hasAskedPast = true
            state.wantedTime = time
            effects = [.askPast]
        } else if time < reach.lowerBound {
            state.tell("no older picture is kept")
        }
        let time = min(max(time, reach.lowerBound), reach.upperBound)
        state.moment = .past(at: time, isPlaying: isPlaying)
        return effects + [.show(at: time)]
    }
}
