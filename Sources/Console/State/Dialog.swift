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
        /// A `.pin` or an `.unpin`.
        case pin(Command)
        /// - typed: digits typed so far; they replace `weight`.
        case weight([String], weight: Int, typed: String)
        case policy(PolicyDraft)
        case keep
        case undo(Command)
        case quit

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
    /// What the gateway foresees of taking nodes out; nil: it has not said yet.
    package var forecast: DrainForecast?
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
        case .drain(let nodes), .undrain(let nodes), .maintenance(let nodes), .weight(let nodes, _, _): nodes
        case .migrate(let node), .cut(let node): [node]
        case .undo(let command): command.node.map { [$0] } ?? []
        case .policy, .cancelSession, .pin, .keep, .quit: []
        }
    }
}

extension Command {
    /// The command in words: "drain gpu-2".
    package var phrase: String {
        switch self {
        case .drain(let node, _, _, let force): "drain \(node)" + (force ? " by force" : "")
        case .undrain(let node): "undrain \(node)"
        case .migrate(let node): "move the streams of \(node)"
        case .cut(let node): "cut \(node)"
        case .cancelSession(let id): "cancel session \(id)"
        case .pin(let session, let node): "pin \(session.shellWord) \(node.shellWord)"
        case .unpin(let session): "unpin \(session.shellWord)"
        case .maintenance(let node, let force): "maintenance \(node)" + (force ? " by force" : "")
        case .setWeight(let node, let weight): "weight \(node) \(weight)"
        case .setPolicy(let name, let model, let parameters):
            (["policy \(name)"]
                + (parameters ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.brief)" }
                + (model.map { ["--model \($0)"] } ?? [])).joined(separator: " ")
        case .keep: "keep what is tried"
        case .undo: "undo"
        case .setAutotune(let isOn): "autotune \(isOn ? "on" : "off")"
        case .stop(.drain): "stop when the streams have ended"
        case .stop(.now): "stop now"
        }
    }
}

extension String {
    /// One word of a command line, whatever is in it.
    var shellWord: String {
        let isPlain =
            !isEmpty && allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._:/@%+=,-".contains($0)) }
        return isPlain ? self : "'" + replacing("'", with: "'\\''") + "'"
    }
}
