/// A change that goes back by itself unless somebody keeps it.
package struct TrialStatus: Codable, Sendable, Equatable {
    /// "weight of gpu-2", "policy", "policy of llama".
    package var what = ""
    package var tried = ""
    /// What it goes back to.
    package var before = ""
    package var actor = ""
    /// Unix time in seconds.
    package var until = 0.0

    package init(what: String, tried: String, before: String, actor: String, until: Double) {
        self.what = what
        self.tried = tried
        self.before = before
        self.actor = actor
        self.until = until
    }
}
