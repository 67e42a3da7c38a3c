import Synchronization

/// What control wants to know: whether the setting of a model's requests is the best of those one step away.
package struct TuningQuestion: Sendable, Equatable {
    /// Hash of the name of the model whose requests are played again.
    package var model: UInt64
    /// Whose setting it is; nil: of all models without their own.
    package var whose: String?
    package var present: PolicySetting
    /// As the operator last chose it.
    package var operators: PolicySetting

    package init(model: UInt64, whose: String?, present: PolicySetting, operators: PolicySetting) {
        self.model = model
        self.whose = whose
        self.present = present
        self.operators = operators
    }
}

package struct TuningAnswer: Sendable, Equatable {
    package var question: TuningQuestion
    package var finding: Tuner.Finding
    /// Seconds of a core that it took.
    package var seconds: Double
}

/// Where control, the shadows' thread, which hands requests on, and the tuner's thread meet.
package final class TuningDesk: Sendable {
    private struct State {
        /// nil: tuning is off, and nothing is kept.
        var window: TuningWindow?
        var decoding = ShadowDecoding()
        var question: TuningQuestion?
        var answer: TuningAnswer?
    }

    private let state = Mutex(State())

    package init() {}

    /// Requests are kept to be played again.
    package func open(_ isOpen: Bool) {
        state.withLock { state in
            guard (state.window != nil) != isOpen else { return }
            state = State()
            if isOpen { state.window = TuningWindow() }
        }
    }

    package var isOpen: Bool { state.withLock { $0.window != nil } }

    package func remember(_ notes: ShadowMailbox.Notes) {
        state.withLock { state in
            state.window?.append(notes.arrivals)
            state.decoding = notes.decoding
        }
    }

    package func ask(_ question: TuningQuestion) { state.withLock { $0.question = question } }

    /// The question with what it is to be answered by; nil: none is open.
    package func takeQuestion() -> (TuningQuestion, [ShadowArrival], ShadowDecoding)? {
        state.withLock { state in
            guard let question = state.question, let window = state.window else { return nil }
            state.question = nil
            return (question, window.arrivals(of: question.model), state.decoding)
        }
    }

    package func give(_ answer: TuningAnswer) { state.withLock { $0.answer = answer } }

    package func takeAnswer() -> TuningAnswer? {
        state.withLock { state in
            defer { state.answer = nil }
            return state.answer
        }
    }
}
