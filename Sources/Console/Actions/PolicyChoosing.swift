import GatewayCore

/// The palette's `policy NAME w=3 --model M`, or the key: opens the dialog with what was said.
enum PolicyChoosing {
    static func open(_ state: inout ScreenState, _ context: ActionContext) -> [Effect] {
        guard let gateway = context.snapshot?.gateway else { return [] }
        do throws(InputProblem) {
            var words = context.arguments
            let trySeconds = try Trying.takeSeconds(from: &words)
            let draft = try draft(words, gateway, Set(context.snapshot?.nodes.flatMap(\.models) ?? []))
            state.open(.policy(draft), context, trySeconds: trySeconds)
        } catch {
            state.tell("\(error)", .warning)
        }
        return []
    }

    private static func draft(
        _ arguments: [String], _ gateway: GatewayStatus, _ models: Set<String>
    ) throws(InputProblem) -> PolicyDraft {
        var words = arguments
        var model: String?
        if let flag = words.firstIndex(of: "--model") {
            guard words.indices.contains(flag + 1) else {
                throw InputProblem(
                    "--model names no model", remedy: "there are \(models.sorted().joined(separator: ", "))")
            }
            model = words[flag + 1]
            words.removeSubrange(flag...(flag + 1))
        }
        return try PolicyDraft(words.isEmpty ? nil : PolicyWish(words), model: model, gateway)
    }
}
