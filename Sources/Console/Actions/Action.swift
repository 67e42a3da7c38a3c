import GatewayCore

/// Something that the operator can do: one entry of the one table that keys, `?`, the hints and the palette read.
package struct Action: Sendable {
    package enum Group: String, CaseIterable, Sendable {
        case look = "Look"
        case narrow = "Narrow and sort"
        case act = "Act on nodes"
        case screen = "Screen"
    }

    package typealias Title = @Sendable (ScreenState, Snapshot?) -> String
    package typealias Disabled = @Sendable (ScreenState, Snapshot?) -> String?
    package typealias Perform = @Sendable (inout ScreenState, ActionContext) -> [Effect]

    /// The palette's word for it; also its identity.
    package var name: String
    /// Where no configuration gives it others (`KeyMap`).
    package var keys: [Key]
    /// What the palette takes after the word, for example "NODE 0...100"; empty: nothing.
    package var usage: String
    package var group: Group
    /// Place among the hints, the lowest first; nil: no hint.
    package var hint: Int?
    /// Where the key does it; nil: everywhere.
    package var views: Set<ViewName>?
    /// A sentence for `?` and the palette.
    package var help: String
    /// Changes the fleet or the gateway, after a confirmation.
    package var isMutating: Bool
    /// Short, for the hints.
    package var title: Title
    /// Why it can't be done now; nil: it can.
    package var whyDisabled: Disabled
    package var perform: Perform

    package init(
        _ name: String, _ keys: [Key], usage: String = "", _ group: Group, hint: Int? = nil,
        views: Set<ViewName>? = nil, isMutating: Bool = false, _ help: String, title: Title? = nil,
        disabled: @escaping Disabled = { _, _ in nil }, perform: @escaping Perform
    ) {
        self.name = name
        self.keys = keys
        self.usage = usage
        self.group = group
        self.hint = hint
        self.views = views
        self.help = help
        self.isMutating = isMutating
        self.title = title ?? { _, _ in name }
        whyDisabled = { state, snapshot in
            if isMutating, let reason = state.whyUnchangeable { return reason }
            return disabled(state, snapshot)
        }
        self.perform = perform
    }

    package func isFor(_ view: ViewName) -> Bool { views?.contains(view) ?? true }
}

/// What an action gets besides the state.
package struct ActionContext: Sendable {
    /// The live picture, also while the screen is frozen; in the past that of then.
    package var snapshot: Snapshot?
    /// The key that was pressed; nil from the palette.
    package var key: Key?
    /// Words after the palette's name.
    package var arguments: [String] = []

    package init(snapshot: Snapshot?, key: Key? = nil, arguments: [String] = []) {
        self.snapshot = snapshot
        self.key = key
        self.arguments = arguments
    }
}

/// What the session does for the reducer, which itself touches nothing.
package enum Effect: Equatable, Sendable {
    case submit(CommandRequest)
    /// Ends the console; the gateway stays as it is.
    case quit
    /// Sends text to the terminal's clipboard.
    case copy(String)
    /// Shows the picture nearest to this Unix time and no other; nil: the newest again.
    case show(at: Double?)
    /// Asks the gateway for pictures from before this console came.
    case askPast
    /// Asks the gateway what would come of a change.
    case foresee(NodeChange)
    /// Writes the screen into a file and tells its name.
    case export(PictureFormat)
    /// Whether the terminal tells of the mouse.
    case mouse(Bool)
    /// Draws every cell again.
    case repaint
    /// Gives the terminal back to the shell until continued.
    case suspend
}
