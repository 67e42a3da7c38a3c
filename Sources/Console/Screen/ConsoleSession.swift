import CNcurses
import Foundation
import GatewayCore

/// How a console talks with its gateway. One thread calls all of it.
package struct ConsoleConnection {
    package enum Arrival {
        /// Connected, with the past as the gateway keeps it.
        case connected(History)
        /// With the frame that it came as.
        case snapshot(Snapshot, frame: [UInt8])
        case result(CommandResult)
        /// Pictures from before this console came, and the series up to now.
        case past(Reel, History)
        /// What was asked of a change.
        case forecast(Forecast)
        /// What a demo says of what happens now.
        case caption(String)
        /// The connection is gone, or could not be made yet; the text says why. `receive` goes on trying.
        case lost(String)
    }

    package enum Question {
        /// What it kept of the past.
        case past
        /// What would come of it.
        case change(NodeChange)
    }

    /// What to wait on; below 0: there is no connection now.
    package var fileDescriptor: () -> Int32
    /// Everything that has come. Called when the descriptor is ready and at least every 250 ms, so that it can connect again.
    package var receive: () -> [Arrival]
    /// False: there is no connection, the command went nowhere.
    package var send: (CommandRequest) -> Bool
    /// Asks the gateway something that it doesn't tell by itself; the answer comes by `receive`.
    package var ask: (Question) -> Void

    package init(
        fileDescriptor: @escaping () -> Int32, receive: @escaping () -> [Arrival],
        send: @escaping (CommandRequest) -> Bool, ask: @escaping (Question) -> Void
    ) {
        self.fileDescriptor = fileDescriptor
        self.receive = receive
        self.send = send
        self.ask = ask
    }
}

package struct ConsoleOptions: Sendable {
    package var ownership = GatewayOwnership.attached
    /// "ann (ssh 10.0.0.5)".
    package var actor = ""
    package var readOnlyReason: String?
    /// Draw with ASCII only, whatever the locale says.
    package var isASCII = false
    /// The theme to begin with; nil: dark, or monochrome where NO_COLOR is set.
    package var theme: String?
    package var keys = KeyMap.standard
    /// What to show instead of a gateway.
    package var recording: Recording?
    package init() {}
}

/// One console on one terminal: waits for keys, signals and the gateway, and draws.
package final class ConsoleSession {
    private let terminal: Terminal
    private let connection: ConsoleConnection
    private let themes: [Theme]
    private var state: ScreenState
    private var decoder = KeyDecoder()
    private var live: Snapshot?
    private var history = History()
    /// What the screen shows instead of the newest.
    private var held: (snapshot: Snapshot?, history: History)?
    private var reel = Reel()
    private var keys = KeyFrames()
    /// What the terminal shows.
    private var drawn: Canvas?
    private var isDirty = true
    private var isOver = false
    private var isTerminalGone = false
    private var exitStatus: Int32 = 0

    /// - problem: of the operator's theme files.
    init(
        _ terminal: Terminal, _ connection: ConsoleConnection, _ themes: [Theme], problem: String?,
        _ options: ConsoleOptions
    ) {
        self.terminal = terminal
        self.connection = connection
        self.themes = themes
        state = ScreenState(
            size: terminal.size, now: Self.now(), ownership: options.ownership, actor: options.actor,
            theme: terminal.theme.name, themes: themes.map(\.name), readOnlyReason: options.readOnlyReason)
        state.keys = options.keys
        if let name = terminal.substitute {
            state.tell("TERM is not known here; drawing as for \(name)", .warning)
        }
        if let problem { state.tell(problem, .warning) }
        if let recording = options.recording { open(recording) }
    }

    /// Begins at the first picture of a recording.
    private func open(_ recording: Recording) {
        history = recording.history
        reel = recording.reel
        reduce(.connection(.connected))
        reduce(.reach(reel.reach))
        guard let start = reel.reach?.lowerBound else { return }
        state.moment = .past(at: start, isPlaying: false)
        show(at: start)
        let steps = [("1s", "a second"), ("10s", "ten"), ("1m", "a minute")].map { length, words in
            "\(state.keys.way(to: "back-\(length)")) \(state.keys.way(to: "forward-\(length)")) \(words)"
        }
        state.tell("\(state.keys.way(to: "freeze")) plays; steps: \(steps.joined(separator: ", "))")
        if let problem = recording.problem { state.tell(problem, .warning) }
    }

    /// Unix time in seconds.
    private static func now() -> Double { Date().timeIntervalSince1970 }

    /// Runs until the operator leaves, a signal ends it or the terminal goes. Returns the exit status.
    func run() -> Int32 {
        draw()
        takeArrivals()
        while !isOver {
            if isDirty { draw() }
            let timeout: Int32 = decoder.isWaiting ? 25 : 250
            let ready = sb_wait(0, terminal.signals, connection.fileDescriptor(), timeout)
            reduce(.tick(Self.now()))
            if ready & 2 != 0 { takeSignals() }
            if ready & 1 != 0 {
                takeKeys()
                // It is answered before the next picture is read, which takes as long again with a thousand nodes.
                if isDirty, !isOver { draw() }
            } else if ready & 8 != 0 {
                loseTerminal()
            }
            if ready & 1 == 0, let output = decoder.expire() { take(output) }
            takeArrivals()
        }
        terminal.close(isGone: isTerminalGone)
        return exitStatus
    }

    private func takeSignals() {
        while true {
            switch sb_next_signal(terminal.signals) {
            case 0: return
            case SIGWINCH:
                terminal.resize(to: terminal.size)
                reduce(.resize(terminal.size))
            case SIGTSTP: suspend()
            case SIGCONT: terminal.repaint()
            case let number:
                exitStatus = 128 + number
                isOver = true
            }
            isDirty = true
        }
    }

    private func loseTerminal() {
        isTerminalGone = true
        exitStatus = 128 + SIGHUP
        isOver = true
    }

    private func suspend() {
        terminal.suspend()
        reduce(.tick(Self.now()))
        reduce(.resize(terminal.size))
    }

    private func takeKeys() {
        guard let bytes = terminal.readKeys() else { return loseTerminal() }
        for output in decoder.take(bytes) where !isOver { take(output) }
    }

    private func take(_ output: KeyDecoder.Output) {
        switch output {
        case .key(let key): reduce(.key(key))
        case .paste(let text): reduce(.paste(text))
        case .wheel(let rows): reduce(.wheel(rows))
        case .click(let column, let row):
            if let target = drawn?.target(column, row) { reduce(.click(target)) }
        }
    }

    private func takeArrivals() {
        for arrival in connection.receive() {
            switch arrival {
            case .connected(let past):
                history = past
                reduce(.connection(.connected))
            case .snapshot(let snapshot, let frame):
                live = snapshot
                history.record(snapshot)
                reel.append(keys.kept(frame, of: snapshot), time: snapshot.time)
                reduce(.reach(reel.reach))
                if state.connection != .connected { reduce(.connection(.connected)) }
                if !state.isPast { reduce(.snapshot) }
            case .result(let result): reduce(.result(result))
            case .caption(let text): reduce(.caption(text))
            case .past(let older, let series):
                reel.prepend(older)
                if series.newest != nil { history = series }
                reduce(.reach(reel.reach))
            case .forecast(let forecast): reduce(.forecast(forecast))
            case .lost(let reason): lose(reason)
            }
        }
    }

    private func lose(_ reason: String) {
        switch state.connection {
        case .connecting:
            reduce(
                .connection(
                    live == nil ? .connecting(reason: reason) : .lost(since: state.now, reason: reason)))
        case .connected: reduce(.connection(.lost(since: state.now, reason: reason)))
        case .lost(let since, _): reduce(.connection(.lost(since: since, reason: reason)))
        }
    }

    private func reduce(_ input: ScreenInput) {
        let before = state
        let seen = state.isPast ? held?.snapshot : live
        for effect in Console.reduce(&state, input, seen) { perform(effect) }
        if input == .snapshot || isVisiblyChanged(from: before) { isDirty = true }
    }

    /// A tick alone only changes the screen where an age is shown.
    private func isVisiblyChanged(from before: ScreenState) -> Bool {
        var before = before
        let isAging = state.moment != .now || state.connection != .connected
        if !isAging || Int(before.now) == Int(state.now) { before.now = state.now }
        return before != state
    }

    private func perform(_ effect: Effect) {
        switch effect {
        case .submit(let request):
            if !connection.send(request) {
                let message = "the gateway can't be reached; nothing was changed"
                let refusal = CommandResult(
                    accepted: false, message: message, configurationVersion: request.expectedVersion ?? 0)
                reduce(.result(refusal))
            }
        case .quit: isOver = true
        case .copy(let text): terminal.copy(text)
        case .show(let time): show(at: time)
        case .askPast: connection.ask(.past)
        case .foresee(let change): connection.ask(.change(change))
        case .export(let format): export(format)
        case .mouse(let isOn): terminal.hasMouse = isOn
        case .repaint:
            if let theme = themes.first(where: { $0.name == state.theme }) { terminal.theme = theme }
            terminal.repaint()
            isDirty = true
        case .suspend: suspend()
        }
    }

    private func export(_ format: PictureFormat) {
        let (snapshot, history) = held ?? (live, history)
        let picture = format.picture(of: drawScreen(snapshot, history, state), terminal.theme)
        let time = snapshot?.time ?? state.now
        switch PictureFile.write(picture, format, time: time) {
        case .success(let path): state.tell("the screen is in \(path)")
        case .failure(let problem): state.tell("\(problem)", .warning)
        }
        isDirty = true
    }

    /// - time: Unix time; nil: the newest picture.
    private func show(at time: Double?) {
        held = nil
        if let time {
            let snapshot = reel.snapshot(nearest: time) ?? live
            held = (snapshot, history.rewound(to: Int(snapshot?.time ?? time)))
        }
        reduce(.snapshot)
    }

    private func draw() {
        let picture = held ?? (live, history)
        let canvas = drawScreen(picture.snapshot, picture.history, state)
        isDirty = !terminal.show(canvas)
        if !isDirty { drawn = canvas }
    }
}

/// Runs a console on this process's terminal and returns its exit status.
package func runConsole(connection: ConsoleConnection, options: ConsoleOptions) -> Int32 {
    do {
        let library = ThemeLibrary.load()
        let isColored = !ThemeLibrary.isColorUnwanted
        let (theme, problem) = try ThemeLibrary.choose(options.theme, isColored: isColored, from: library)
        let terminal = try Terminal(theme: theme, isASCII: options.isASCII, isColored: isColored)
        let session = ConsoleSession(terminal, connection, library.themes, problem: problem, options)
        return session.run()
    } catch {
        print("signalbox: \(error)")
        return 2
    }
}
