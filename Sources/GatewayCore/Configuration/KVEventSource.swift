/// Where an engine publishes the events of its KV cache.
package struct KVEventSource: Sendable, Equatable {
    /// A ZeroMQ PUB socket.
    package var endpoint: KVEndpoint
    /// A ROUTER socket that tells past events again; nil: none, and a gap drops what is known of the node.
    package var replay: KVEndpoint?

    package init(endpoint: KVEndpoint, replay: KVEndpoint? = nil) {
        self.endpoint = endpoint
        self.replay = replay
    }
}

/// A ZeroMQ endpoint over TCP.
package struct KVEndpoint: Sendable, Hashable, CustomStringConvertible {
    /// Host and port; no path.
    package let url: EngineURL

    package var description: String { "tcp://\(url.authority)" }

    /// Reads "tcp://HOST:PORT".
    package init(parsing text: String) throws(InputProblem) {
        guard text.hasPrefix("tcp://") else {
            throw InputProblem("\(quoted(text)) is no ZeroMQ endpoint", remedy: "write tcp://HOST:PORT")
        }
        let rest = text.dropFirst(6)
        if rest.hasPrefix("*:") {
            throw InputProblem(
                "\(quoted(text)) is where the engine binds, not where it is found",
                remedy: "write the engine's host in the place of the *")
        }
        guard !rest.contains("/"), splitPort(rest).port != nil else {
            throw InputProblem("\(quoted(text)) has no port, or a path", remedy: "write tcp://HOST:PORT")
        }
        url = try EngineURL(parsing: "http://\(rest)")
    }
}
