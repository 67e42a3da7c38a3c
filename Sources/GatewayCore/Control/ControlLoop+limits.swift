/// How many requests are admitted: on a node, and to wait in the gateway.
extension ControlLoop {
    func describeLimit(_ command: Command, _ record: NodeRecord?) -> Change {
        let before: String
        let inverse: Command
        if let record {
            before = record.limit.limitWord
            inverse = .setLimit(node: record.name, requests: record.limit)
        } else {
            before = "\(queueCapacity)"
            inverse = .setQueueCapacity(requests: queueCapacity)
        }
        let (what, after) = (command.setting ?? "", command.value ?? "")
        return Change(
            text: "\(what): \(before) → \(after)", before: "\(what) \(before)", after: "\(what) \(after)",
            inverse: trials.of(command)?.back ?? inverse)
    }
}

extension Int? {
    /// A node's most requests in words: "16", "none".
    package var limitWord: String { map { "\($0)" } ?? "none" }
}
