/// A change of nodes that somebody thinks of.
package struct NodeChange: Codable, Sendable, Equatable {
    package enum Setting: Codable, Sendable, Equatable {
        /// 0...100; 0, as draining does: no new request.
        case weight(Int)
        /// Requests of this gateway at most; nil: no limit.
        case limit(Int?)
    }

    package var nodes: [String]
    package var setting: Setting

    package init(_ setting: Setting, of nodes: [String]) {
        self.nodes = nodes
        self.setting = setting
    }

    /// These nodes take no more requests.
    package static func out(_ nodes: [String]) -> NodeChange { NodeChange(.weight(0), of: nodes) }
}

extension ShadowSite {
    /// Makes a change of the nodes at these places, where they serve the model.
    /// - Returns: false: none of them takes its requests, before or after.
    mutating func make(_ setting: NodeChange.Setting, at places: [Int]) -> Bool {
        let ready = places.filter { nodes[$0].isReady }
        var isFelt = false
        for place in ready {
            isFelt = isFelt || nodes[place].weight > 0
            switch setting {
            case .weight(let weight): nodes[place].weight = weight
            case .limit(let limit): nodes[place].limit = limit
            }
            isFelt = isFelt || nodes[place].weight > 0
        }
        return isFelt
    }
}
