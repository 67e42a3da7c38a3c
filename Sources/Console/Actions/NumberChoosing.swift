import GatewayCore

/// The palette's `weight gpu-2 50 --try 5m`, or the key: opens the dialog with the number that was said, or that is now.
enum NumberChoosing {
    static func openWeight(_ state: inout ScreenState, _ context: ActionContext) -> [Effect] {
        open(&state, context) { words, state throws(InputProblem) in
            let wanted = try wanted(from: &words, "a weight", in: 0...100)
            let (names, first) = try targets(words, state, context)
            let draft = NumberDraft(first.weight, in: 0...100, configured: first.configuredWeight)
            return .weight(names, draft.with(wanted))
        }
    }

    static func openLimit(_ state: inout ScreenState, _ context: ActionContext) -> [Effect] {
        open(&state, context) { words, state throws(InputProblem) in
            let wanted = try wanted(from: &words, "a limit", in: GatewayLimits.nodeLimits, orNone: true)
            let (names, first) = try targets(words, state, context)
            let draft = NumberDraft(
                first.limit, in: GatewayLimits.nodeLimits, configured: first.configuredLimit,
                start: max(first.active, 1))
            return .limit(names, draft.with(wanted))
        }
    }

    static func openQueueCapacity(_ state: inout ScreenState, _ context: ActionContext) -> [Effect] {
        open(&state, context) { words, _ throws(InputProblem) in
            let wanted = try wanted(from: &words, "the queue's capacity", in: GatewayLimits.queueCapacities)
            if let word = words.first {
                throw InputProblem(
                    "queue-capacity takes a number, not \(word)", remedy: "it holds for each model")
            }
            guard let gateway = context.snapshot?.gateway else {
                throw InputProblem("there is no picture of the fleet yet", remedy: "wait for one")
            }
            let draft = NumberDraft(
                gateway.queueCapacity, in: GatewayLimits.queueCapacities,
                configured: gateway.configuredQueueCapacity)
            return .queueCapacity(draft.with(wanted))
        }
    }

    private static func open(
        _ state: inout ScreenState, _ context: ActionContext,
        kind: (inout [String], ScreenState) throws(InputProblem) -> Dialog.Kind
    ) -> [Effect] {
        do throws(InputProblem) {
            var words = context.arguments
            let trySeconds = try Trying.takeSeconds(from: &words)
            state.open(try kind(&words, state), context, trySeconds: trySeconds)
            return state.dialog?.change.map { [.foresee($0)] } ?? []
        } catch {
            state.tell("\(error)", .warning)
            return []
        }
    }

    /// A number, or "none"; nil: nothing was said.
    private typealias Wanted = Int??

    private static func wanted(
        from words: inout [String], _ what: String, in range: ClosedRange<Int>, orNone: Bool = false
    ) throws(InputProblem) -> Wanted {
        guard let last = words.last else { return nil }
        if orNone, last == "none" {
            words.removeLast()
            return .some(nil)
        }
        guard let number = Int(last), range.contains(number) else {
            if Int(last) == nil, words.count == 1 { return nil }
            let span = "\(range.lowerBound) to \(range.upperBound)" + (orNone ? " or none" : "")
            throw InputProblem("\(what) is not \(last)", remedy: "give \(span)")
        }
        words.removeLast()
        return number
    }

    private static func targets(
        _ words: [String], _ state: ScreenState, _ context: ActionContext
    ) throws(InputProblem) -> (names: [String], first: NodeStatus) {
        var context = context
        context.arguments = words
        let names = Targets.chosen(state, context)
        let nodes = names.compactMap { context.snapshot?.node(named: $0) }
        guard let first = nodes.first, nodes.count == names.count else {
            let problem = names.first.map { "no node named \($0)" } ?? "no node is selected"
            throw InputProblem(problem, remedy: "select or name one")
        }
        return (names, first)
    }
}

extension NumberDraft {
    /// nil: as it is now.
    fileprivate func with(_ wanted: Int??) -> NumberDraft {
        guard let wanted else { return self }
        var draft = self
        draft.set(wanted)
        return draft
    }
}

/// `--try 5m` among the palette's words.
enum Trying {
    /// Takes it out; nil: it is not there.
    static func takeSeconds(from words: inout [String]) throws(InputProblem) -> Double? {
        guard let flag = words.firstIndex(of: "--try") else { return nil }
        guard let seconds = words.dropFirst(flag + 1).first.flatMap(DrainOptions.seconds) else {
            throw InputProblem("--try takes a time", remedy: "such as 30s, 5m or 1h")
        }
        words.removeSubrange(flag...(flag + 1))
        return seconds
    }
}
