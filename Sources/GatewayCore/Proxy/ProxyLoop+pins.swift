/// Pins: the requests of a session that an operator pinned go to its node for as long as that takes any.
extension ProxyLoop {
    /// The node that the request's session is pinned to; nil: none.
    func pin(of fd: Int32) -> Int? {
        guard !fleet.pins.isEmpty, let session = clients[fd].exchange.sessionHash else { return nil }
        return fleet.pins[session]
    }

    /// The pin's node could take it but is full: it waits for a place there.
    func waitsForPin(_ fd: Int32, model: Int?) -> Bool {
        guard let node = pin(of: fd), fleet.takesRequests[node], !hasPlace(node),
            !clients[fd].exchange.hasTried(node), !clients[fd].exchange.hasStarted
        else { return false }
        return nodes(for: model).contains(node)
    }

    /// What a decision's reason says of a pin whose node could not be chosen.
    func setAsideWords(_ fd: Int32) -> String {
        guard let node = pin(of: fd), !candidates.contains(where: { $0.node == node }) else { return "" }
        let isForModel =
            if case .model(let model) = matchModel(fd) { nodes(for: model).contains(node) } else { false }
        let why = isForModel ? whyExcluded(node, fd) : "it does not serve the model"
        return "; its pin to \(fleet.nodes[node].name) is set aside: \(why)"
    }
}
