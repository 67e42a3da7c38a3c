import GatewayCore

package enum ViewName: Int, CaseIterable, Sendable {
    case fleet = 1
    case node, streams, routing, events, system, incident, queues, gpu, cost, sessions

    package var title: String {
        switch self {
        case .fleet: "Fleet"
        case .node: "Node"
        case .streams: "Streams"
        case .routing: "Routing"
        case .events: "Events"
        case .system: "System"
        case .incident: "Incident"
        case .queues: "Queues"
        case .gpu: "GPU"
        case .cost: "Cost"
        case .sessions: "Sessions"
        }
    }

    /// The key that shows it: digits as far as they go.
    package var key: Character {
        switch self {
        case .sessions: "S"
        default: Character(String(rawValue % 10))
        }
    }
}

extension ViewName {
    /// Views in which the selected row is a node that a verb can be about.
    static let ofNodes: Set<ViewName> = [.fleet, .node, .incident, .queues]
}

/// How the console stands with its gateway.
package enum ConnectionState: Equatable, Sendable {
    /// No picture yet.
    case connecting(reason: String?)
    case connected
    /// - since: Unix time of the loss.
    case lost(since: Double, reason: String)
}

/// Whose gateway this is; it decides what quitting asks.
package enum GatewayOwnership: Sendable {
    /// This console started it and it may be left serving.
    case started
    /// Somebody else's; quitting only leaves it.
    case attached
    /// Ends with the console and may.
    case demo
    /// There is none: what is shown was recorded.
    case recorded
}

/// A line that tells what just happened.
package struct Notice: Equatable, Sendable {
    package var text: String
    package var severity: EventSeverity
    /// Unix time after which it goes.
    package var until: Double
}

/// What the operator is typing on the bottom line.
package struct Prompt: Equatable, Sendable {
    package enum Purpose: Sendable { case filter, palette }
    package var purpose: Purpose
    package var text: String
    /// Which completion is chosen, by ↑ and ↓.
    package var choice: Int?
    /// What the filter was before, for Esc.
    package var before = ""
}

/// What lies over the view.
package enum Overlay: Equatable, Sendable {
    case help(scroll: Int)
    case sortMenu(choice: Int)
    case prompt(Prompt)
    case dialog(Dialog)
}

/// Everything that the operator chose, and nothing that the gateway said except how we stand with it.
package struct ScreenState: Equatable, Sendable {
    package var size: Size
    /// Unix time in seconds, of the last tick.
    package var now: Double
    package var view = ViewName.fleet
    package var connection = ConnectionState.connecting(reason: nil)
    package var ownership: GatewayOwnership
    /// "ann (ssh 10.0.0.5)": who the commands come from.
    package var actor: String
    package var keys = KeyMap.standard
    package var graphs = GraphStyle.blocks
    /// The terminal tells of clicks and of the wheel, and leaves no text to be selected.
    package var hasMouse = false
    /// Why nothing may be changed from here; nil: it may.
    package var readOnlyReason: String?
    /// The fleet's configuration lets nobody change anything.
    package var isFleetReadOnly = false

    package var selectedNode: String?
    /// Which GPU of the selected node, for the view of GPUs.
    package var selectedGPU = 0
    package var selectedStream: UInt64?
    package var selectedDecision: UInt64?
    package var selectedEvent: UInt64?
    /// The title of its row in the Cost view.
    package var selectedSpender: String?
    package var selectedSession: String?
    /// Sessions whose children the operator folded (true) or unfolded; the others fold by how many they are.
    package var sessionFolds: [String: Bool] = [:]
    package var costBy = CostDimension.tenant
    package var marks: Set<String> = []
    package var filter = ""
    package var faultsOnly = false
    package var showsGPUs = false
    /// How the operator wants the fleet's nodes drawn; nil: as it fits.
    package var shape: FleetShape?
    package var grouping = Grouping()
    package var sort = SortOrder()
    /// The rows' order as last sorted, kept so that rows don't jump; node names.
    package var order: [String] = []
    package var orderTime = 0.0

    package var alerts = Alerts()
    package var overlay: Overlay?
    package var notice: Notice?
    /// What a demo says of what happens now; nil: it tells no story.
    package var caption: String?
    package var moment = Moment.now
    /// Unix times of the oldest and the newest picture that can be shown; nil: there is none yet.
    package var reach: ClosedRange<Double>?
    /// The gateway was asked for what was before this console came.
    package var hasAskedPast = false
    /// The time that was wanted when it was asked, until it answers.
    package var wantedTime: Double?
    package var theme: String
    package var themes: [String]

    /// What takes the last change back.
    package var undo: Command?
    /// Confirmed commands that wait for the answer to the one before.
    package var pending: [CommandRequest] = []
    /// The command whose answer is awaited.
    package var awaiting: Command?
    /// Set when the operator said stop; the end of the connection is then the end of the console.
    package var stopping: StopMode?

    package init(
        size: Size, now: Double, ownership: GatewayOwnership = .attached, actor: String,
        theme: String, themes: [String], readOnlyReason: String? = nil
    ) {
        self.size = size
        self.now = now
        self.ownership = ownership
        self.actor = actor
        self.theme = theme
        self.themes = themes
        self.readOnlyReason = readOnlyReason
    }

    package mutating func tell(_ text: String, _ severity: EventSeverity = .info) {
        notice = Notice(text: text, severity: severity, until: now + (severity == .info ? 6 : 12))
    }

    package var dialog: Dialog? {
        if case .dialog(let dialog) = overlay { return dialog }
        return nil
    }

    package var prompt: Prompt? {
        if case .prompt(let prompt) = overlay { return prompt }
        return nil
    }

    /// The filter as it takes effect: while it is typed, what is typed.
    package var activeFilter: String {
        if let prompt, prompt.purpose == .filter { return prompt.text }
        return filter
    }
}
