/// Which picture the screen shows.
package enum Moment: Equatable, Sendable {
    /// The newest, and what follows.
    case now
    /// The one nearest to this Unix time; what the operator does is about the live fleet all the same.
    case frozen(at: Double)
    /// The one nearest to this Unix time, for looking only.
    ///
    /// - isPlaying: a second goes by each second.
    case past(at: Double, isPlaying: Bool)
}

extension ScreenState {
    package var isPast: Bool {
        if case .past = moment { return true }
        return false
    }

    /// Why nothing may be changed from here, whatever the screen shows; nil: it may.
    package var whyReadOnly: String? {
        readOnlyReason ?? (isFleetReadOnly ? "the fleet's configuration says so" : nil)
    }

    /// Why nothing can be changed from this screen as it is; nil: it can. The table of actions asks this.
    package var whyUnchangeable: String? {
        if let whyReadOnly { return "read-only: \(whyReadOnly)" }
        if ownership == .recorded { return "recorded: there is no gateway behind this" }
        return isPast ? "this is the past; Esc goes back to now" : nil
    }
}
