import GatewayCore

/// A demo that tells a story: what is sent, what goes wrong and when, and what the operator should look at.
package struct Scenario: Sendable {
    package let name: String
    package let summary: String
    /// The policy that it begins with.
    package var policy = PolicySetting.usual.name
    /// Requests that a node is given at a time; the others wait in the gateway. nil: all.
    package var maxActive: Int?
    package let scenes: [Scene]

    package struct Scene: Sendable {
        /// Until the next one begins; the last one lasts until the demo ends.
        package let seconds: Double
        /// A few words for the report.
        package let title: String
        /// What happens, what to look at, which key to press: one line on the narrowest screen.
        package let caption: String
        /// What is sent from now on; nil: what was.
        package var load: Load?
        package var deed: Deed?
    }

    package struct Load: Sendable {
        package var kinds: [WorkloadKind]
        /// Requests in flight for each node.
        package var perNode = 12
        /// Loops of one agent that does not end, for each node.
        package var runawaysPerNode = 0

        package func mix(nodes: Int) -> LoadMix {
            LoadMix(concurrency: nodes * perNode, kinds: kinds, runaways: nodes * runawaysPerNode)
        }
    }

    /// What is done to the fleet when a scene begins. Nodes are counted from 0.
    package enum Deed: Sendable, Equatable {
        /// The engine's process is killed.
        case kill(node: Int)
        /// It is started again where it was, with an empty cache.
        case restart(node: Int)
        /// Each node in turn is drained by moving its streams, started again and let in again.
        case rollingUpdate
    }

    /// Columns that a caption has on a screen of 80.
    package static let captionColumns = 78

    package var seconds: Double { scenes.reduce(0) { $0 + $1.seconds } }

    package static func named(_ name: String) -> Scenario? { all.first { $0.name == name } }
}
