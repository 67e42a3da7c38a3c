import Synchronization

/// Where control, the shadows' thread, which hands requests on, and the thread that plays them again meet over a change of nodes.
package final class ForecastDesk: Sendable {
    private struct State {
        var window = TuningWindow()
        var decoding = ShadowDecoding()
        /// The last of them, twenty seconds apart: from each the requests since are played again.
        var standings: [ShadowStanding] = []
        var question: NodeChange?
        var answer: Forecast?
    }

    private static let standingSeconds = 20.0
    private static let standingLimit = 3
    private let state = Mutex(State())

    package init() {}

    /// - now: monotonic seconds.
    package func remember(_ notes: ShadowMailbox.Notes, _ shadows: Shadows, now: Double) {
        state.withLock { state in
            state.window.append(notes.arrivals)
            state.decoding = notes.decoding
            let newest = state.standings.last?.fleet.now ?? -.infinity
            guard now - newest >= Self.standingSeconds, let standing = shadows.standing else { return }
            state.standings = state.standings.suffix(Self.standingLimit - 1) + [standing]
        }
    }

    /// What if nodes were changed so? A newer question takes the place of an open one.
    package func ask(_ change: NodeChange) {
        state.withLock { state in
            state.question = change
            state.answer = nil
        }
    }

    /// The question with what it is to be answered by; nil: none is open.
    package func takeQuestion() -> (NodeChange, Forecast.Ground)? {
        state.withLock { state in
            guard let question = state.question else { return nil }
            state.question = nil
            return (
                question,
                Forecast.Ground(
                    window: state.window, standings: state.standings, decoding: state.decoding)
            )
        }
    }

    package func give(_ answer: Forecast) { state.withLock { $0.answer = answer } }

    package func takeAnswer() -> Forecast? {
        state.withLock { state in
            defer { state.answer = nil }
            return state.answer
        }
    }
}
