import Synchronization

/// Where control, the shadows' thread, which hands requests on, and the thread that plays them again meet over a drain.
package final class DrainDesk: Sendable {
    private struct State {
        var window = TuningWindow()
        var decoding = ShadowDecoding()
        var question: Set<Int>?
        var answer: DrainForecast?
    }

    private let state = Mutex(State())

    package init() {}

    package func remember(_ notes: ShadowMailbox.Notes) {
        state.withLock { state in
            state.window.append(notes.arrivals)
            state.decoding = notes.decoding
        }
    }

    /// What if these nodes, by their places, took no more requests? A newer question takes the place of an open one.
    package func ask(_ nodes: Set<Int>) {
        state.withLock { state in
            state.question = nodes
            state.answer = nil
        }
    }

    /// The question with what it is to be answered by; nil: none is open.
    package func takeQuestion() -> (Set<Int>, TuningWindow, ShadowDecoding)? {
        state.withLock { state in
            guard let question = state.question else { return nil }
            state.question = nil
            return (question, state.window, state.decoding)
        }
    }

    package func give(_ answer: DrainForecast) { state.withLock { $0.answer = answer } }

    package func takeAnswer() -> DrainForecast? {
        state.withLock { state in
            defer { state.answer = nil }
            return state.answer
        }
    }
}
