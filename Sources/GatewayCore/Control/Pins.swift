/// Sessions that operators pinned to a node, the oldest pin first.
struct Pins: Sendable {
    private(set) var list: [SessionPin] = []

    func node(of session: String) -> String? { list.first { $0.session == session }?.node }

    mutating func set(_ pin: SessionPin) {
        remove(pin.session)
        list.append(pin)
    }

    mutating func remove(_ session: String) { list.removeAll { $0.session == session } }

    /// Nodes by the hash of the session's id, as the loops look them up.
    func places(_ nodes: [NodeRecord]) -> [UInt64: Int] {
        var places: [UInt64: Int] = [:]
        for pin in list {
            places[PromptHash.of(text: pin.session)] = nodes.firstIndex { $0.name == pin.node }
        }
        return places
    }

    /// Pins of one node that are set aside from now on, or hold again.
    struct Turn {
        var node: String
        var sessions: [String]
        var isSetAside: Bool
    }

    /// Brings the pins up to which nodes take requests, and says of which that changed.
    mutating func follow(_ takesRequests: (String) -> Bool) -> [Turn] {
        var turns: [Turn] = []
        for node in Set(list.map(\.node)).sorted() {
            let isSetAside = !takesRequests(node)
            let changed = list.indices.filter {
                list[$0].node == node && list[$0].isSetAside != isSetAside
            }
            guard !changed.isEmpty else { continue }
            for index in changed { list[index].isSetAside = isSetAside }
            turns.append(
                Turn(node: node, sessions: changed.map { list[$0].session }, isSetAside: isSetAside))
        }
        return turns
    }
}
