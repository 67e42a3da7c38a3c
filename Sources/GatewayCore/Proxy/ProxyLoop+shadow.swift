/// What the shadows get of live requests: sizes and hashes, once each.
extension ProxyLoop {
    /// A request came that the policies could place. What is sent again or goes on elsewhere is not a new one.
    mutating func shadowArrival(_ fd: Int32, _ request: RoutingRequest, model: Int?) {
        guard let model, clients[fd].route == .inference, !clients[fd].exchange.isShadowed,
            clients[fd].exchange.attempts == 0
        else { return }
        clients[fd].exchange.isShadowed = true
        shared.shadow.came(
            ShadowArrival(
                stream: clients[fd].exchange.id, model: fleet.models[model].hash, instant: request.now,
                promptTokens: request.promptTokens, expectedOutput: request.outputTokens,
                session: request.session, chain: chain))
    }

    /// Where the live policy sends it first.
    func shadowPlacement(_ fd: Int32, node: Int) {
        guard clients[fd].exchange.isShadowed, clients[fd].exchange.attempts == 0 else { return }
        shared.shadow.placed(clients[fd].exchange.id, node: node, instant: Double(now) / 1e9)
    }
}
