import GatewayCore

/// One screen of the console as text, ANSI or SVG, for the subcommands that have a picture to show.
struct ScreenPicture {
    static let flags: [Flag] = [
        Flag(
            name: "--screen", value: "text|ansi|svg",
            help:
                "the console's screen instead, drawn once: plain, with colours for a terminal, or as a drawing"
        ),
        Flag(
            name: "--view", value: "NAME",
            help: "with --screen: \(ViewName.allCases.map { $0.title.lowercased() }.joined(separator: ", "))"),
        Flag(name: "--size", value: "COLUMNSxROWS", help: "with --screen (120x40)"),
    ]
    static let themeFlag = AttachCommand.flags.filter { $0.name == "--theme" }

    private let format: PictureFormat
    private let view: ViewName
    private let size: Size
    private let theme: Theme

    /// nil: no screen is asked for.
    init?(_ arguments: Arguments) throws {
        guard let name = arguments.value("--screen") else {
            for flag in ["--view", "--size", "--theme"] where arguments.has(flag) {
                throw UsageError("\(flag) goes with --screen")
            }
            return nil
        }
        guard let format = PictureFormat(rawValue: name) else {
            throw UsageError("--screen takes text, ansi or svg, not \(name)")
        }
        self.format = format
        view = try Self.view(arguments.value("--view") ?? "fleet")
        size = try Self.size(arguments.value("--size") ?? "120x40")
        theme = try ThemeLibrary.choose(arguments.value("--theme"), from: ThemeLibrary.load()).theme
    }

    private static func view(_ name: String) throws -> ViewName {
        guard let view = ViewName.allCases.first(where: { $0.title.lowercased() == name }) else {
            let names = ViewName.allCases.map { $0.title.lowercased() }
            throw UsageError("no view named \(name)\(nearest(name, in: names)); see --help")
        }
        return view
    }

    /// "120x40", as far as a screen is tested to be.
    static func size(_ text: String) throws -> Size {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let columns = parts[0], let rows = parts[1], (1...300).contains(columns),
            (1...100).contains(rows)
        else { throw UsageError("--size takes COLUMNSxROWS, at most 300x100, not \(text)") }
        return Size(columns, rows)
    }

    /// The screen as it would stand before an operator who has just come.
    ///
    /// - recorded: the times of the recording that the picture is of; nil: it is of a gateway.
    func text(
        _ snapshot: Snapshot, _ history: History, recorded: ClosedRange<Double>? = nil,
        caption: String? = nil
    ) -> String {
        var state = ScreenState(
            size: size, now: snapshot.time, ownership: recorded == nil ? .attached : .recorded, actor: "",
            theme: theme.name, themes: [])
        state.reach = recorded
        state.caption = caption
        if recorded != nil { state.moment = .past(at: snapshot.time, isPlaying: false) }
        state.connection = .connected
        state.view = view
        _ = reduce(&state, .snapshot, snapshot)
        return format.picture(of: drawScreen(snapshot, history, state), theme)
    }
}
