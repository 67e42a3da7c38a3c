import GatewayCore

extension Command {
    /// What of the command line follows `signalbox`: "drain gpu-2 --deadline 10m".
    package var phrase: String { words().joined(separator: " ") }

    /// - node: how the shell gets the node's name; nil: by itself.
    func words(node shellNode: String? = nil) -> [String] {
        func named(_ node: String) -> String { shellNode ?? node.shellWord }
        return switch self {
        case .drain(let node, let deadline, let atDeadline, let force):
            ["drain", named(node)]
                + (deadline.map { ["--deadline", $0.shellTime, "--at-deadline", atDeadline.rawValue] } ?? [])
                + (force ? ["--force", named(node)] : [])
        case .undrain(let node): ["undrain", named(node)]
        case .maintenance(let node, let force):
            ["maintenance", named(node)] + (force ? ["--force", named(node)] : [])
        // A node that is out already is not drained again by it.
        case .migrate(let node): ["drain", named(node), "--migrate"]
        case .cut(let node): ["cut", named(node)]
        case .cancelSession(let id): ["cancel", "--session", id.shellWord]
        case .cancelStream(let id): ["cancel", "--stream", "\(id)"]
        case .pin(let session, let node): ["pin", session.shellWord, named(node)]
        case .unpin(let session): ["unpin", session.shellWord]
        case .setWeight(let node, let weight): ["weight", named(node), "\(weight)"]
        case .setLimit(let node, let requests): ["limit", named(node), requests.limitWord]
        case .setQueueCapacity(let requests): ["queue-capacity", "\(requests)"]
        case .setPolicy(let name, let model, let parameters):
            ["policy", name]
                + (parameters ?? [:]).sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.brief)" }
                + (model.map { ["--model", $0.shellWord] } ?? [])
        case .keep: ["keep"]
        case .undo: ["undo"]
        case .setAutotune(let isOn): ["autotune", isOn ? "on" : "off"]
        case .stop(.drain): ["stop"]
        case .stop(.now): ["stop", "--now"]
        }
    }
}

extension Dialog {
    /// The words of the command line that does what the dialog would, for a runbook; none: no single one does.
    func shellCommand(_ snapshot: Snapshot?) -> [String] {
        let commands = DialogKeys.commands(of: self, snapshot, force: refusal != nil)
        guard let first = commands.first else { return [] }
        let more =
            (migrates && kind.takesOut ? ["--migrate"] : [])
            + (trySeconds.map { ["--try", $0.shellTime] } ?? [])
            + (reason.trimmed.isEmpty ? [] : ["--reason", reason.trimmed.shellWord])
        func line(_ node: String?) -> [String] { ["signalbox"] + first.words(node: node) + more }
        guard let last = targets.last, targets.count > 1 else { return line(nil) }
        return ["for", "node", "in"] + targets.dropLast().map(\.shellWord) + [last.shellWord + ";", "do"]
            + line("\"$node\"") + ["; done"]
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

extension Double {
    /// Seconds as flags take them: "10m".
    fileprivate var shellTime: String {
        for (unit, seconds) in [("h", 3_600.0), ("m", 60)] where truncatingRemainder(dividingBy: seconds) == 0
        {
            return (self / seconds).brief + unit
        }
        return brief + "s"
    }
}
