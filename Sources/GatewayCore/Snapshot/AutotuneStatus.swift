/// What tuning does, where it is on.
package struct AutotuneStatus: Codable, Sendable, Equatable {
    /// What it found when it last looked, or why it does nothing.
    package var words: String
    /// Whose setting it changed last; nil: that of all models without their own.
    package var model: String?
    /// What was set before, while nothing else was changed since.
    package var before: PolicySetting?

    package init(words: String) { self.words = words }

    /// The command that takes its last change back; nil: there is none, or another change came after it.
    package var undo: Command? { before?.command(model: model) }
}
