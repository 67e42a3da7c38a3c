/// How many nodes must be left serving when an operator takes one out.
package struct ServingMinimum: Codable, Sendable, Equatable {
    package struct Named: Codable, Sendable, Equatable {
        package var name: String
        package var count: Int
        package init(name: String, count: Int) {
            self.name = name
            self.count = count
        }
    }

    /// For every model and role that has no number of its own.
    package var each = 1
    package var models: [Named] = []
    package var roles: [Named] = []

    package init() {}

    package func ofModel(_ name: String) -> Int { models.first { $0.name == name }?.count ?? each }
    package func ofRole(_ role: NodeRole) -> Int { roles.first { $0.name == role.rawValue }?.count ?? each }
}
