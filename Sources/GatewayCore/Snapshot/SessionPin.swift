/// A session whose requests an operator sends to one node, for as long as that takes any.
package struct SessionPin: Codable, Sendable, Equatable {
    /// Pins at most; one more is refused.
    package static let limit = 256

    package var session = ""
    package var node = ""
    package var actor = ""
    /// Unix time in seconds.
    package var since = 0.0
    /// Its node takes no requests: they go where the policy sends them, until it does again.
    package var isSetAside = false

    package init(session: String, node: String, actor: String, since: Double, isSetAside: Bool = false) {
        self.session = session
        self.node = node
        self.actor = actor
        self.since = since
        self.isSetAside = isSetAside
    }
}

extension Snapshot {
    package func pin(of session: String) -> SessionPin? { pins.first { $0.session == session } }
}
