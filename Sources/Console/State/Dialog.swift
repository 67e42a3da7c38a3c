import GatewayCore

/// A question before a change. It holds the nodes and the configuration version of the moment it opened.
package struct Dialog: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        case drain([String])
        case undrain([String])
        case maintenance([String])
        case migrate(String)
        case cut(String)
        case cancelSession(String)
        case cancelStream(StreamStatus)
        /// A `.pin` or an `.unpin`.
        case pin(Command)
        case weight([String], NumberDraft)
        case limit([String], NumberDraft)
        case queueCapacity(NumberDraft)
        case policy(PolicyDraft)
        case keep
        case undo(Command)
        case quit

        /// It can go back by itself.
        var canBeTried: Bool {
            switch self {
            case .weight, .limit, .queueCapacity, .policy: true
            default: false
            }
        }

        /// Nodes would serve no more.
        var takesOut: Bool {
            switch self {
            case .drain, .maintenance: true
            default: false
            }
        }
    }

    package var kind: Kind
    /// The key that opened it; nil when the palette did.
    package var openedBy: Key?
    /// Unix time of opening, or of the last key that meant nothing here.
    package var quietSince: Double
    /// `configurationVersion` of the picture that it was opened on.
    package var version: UInt64
    /// Why the guard refuses, where only the name typed out will do.
    package var refusal: String?
    /// The name typed so far against `refusal`.
    package var typed = ""
    package var deadlineSeconds: Double?
    package var atDeadline = DeadlineAction.keep
    /// The change goes back by itself after so long; nil: it is for good.
    package var trySeconds: Double?
    /// Why, for the journal and the events.
    package var reason = ""
    /// Keys go to `reason`.
    package var isTypingReason = false
    package static let reasonLimit = 200
    /// What the gateway foresees of `change`; nil: it has not said yet.
    package var forecast: Forecast?
    /// Streams are moved as soon as the node drains.
    package var migrates = false

    /// Only the node's name typed out will do.
    package var needsName: Bool {
        if case .cut = kind { return true }
        return refusal != nil
    }

    /// Unix time at which a confirmation that came early is taken; any key before that takes it back.
    package var confirmsAt: Double?

    /// A confirming key is not taken before this has passed in quiet: fast typing into the wrong window
    /// must not open and confirm in one go.
    package static let armingSeconds = 0.25
    /// How long it must stay quiet after a confirming key that came early.
    package static let quietSeconds = 0.5

    package init(
        _ kind: Kind, openedBy: Key?, openedAt: Double, version: UInt64, refusal: String? = nil
    ) {
        self.kind = kind
        self.openedBy = openedBy
        quietSince = openedAt
        self.version = version
        self.refusal = refusal
    }

    /// The nodes that it is about.
    package var targets: [String] {
        switch kind {
        case .drain(let nodes), .undrain(let nodes), .maintenance(let nodes), .weight(let nodes, _),
            .limit(let nodes, _):
            nodes
        case .migrate(let node), .cut(let node): [node]
        case .undo(let command): command.node.map { [$0] } ?? []
        case .policy, .queueCapacity, .cancelSession, .cancelStream, .pin, .keep, .quit: []
        }
    }

    /// What is asked of the gateway: what would come of it? nil: nothing.
    package var change: NodeChange? {
        switch kind {
        case .drain(let nodes), .maintenance(let nodes): .out(nodes)
        case .weight(let nodes, let draft) where draft.isChanged:
            draft.value.map { NodeChange(.weight($0), of: nodes) }
        case .limit(let nodes, let draft) where draft.isChanged: NodeChange(.limit(draft.value), of: nodes)
        default: nil
        }
    }
}
