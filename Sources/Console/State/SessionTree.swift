import GatewayCore

/// A row of the Sessions view: a session below the one that it is a child of.
package struct SessionLine: Equatable, Sendable {
    package var session: SessionRow
    package var depth = 0
    /// Of all sessions below it; they are not drawn when it is folded.
    package var descendants = 0
    package var isFolded = false
    /// Its own and those of all sessions below it.
    package var sums: SpendingRow

    init(_ session: SessionRow) {
        self.session = session
        sums = session.spending
    }
}

/// The visible sessions as trees: children stand below their parent, and one whose parent is not among them stands at the
/// top. Trees that cost the most come first. Parents that lead back to themselves are cut at the first that is met.
package func sessionLines(_ snapshot: Snapshot, _ state: ScreenState) -> [SessionLine] {
    var tree = SessionTree(visibleSessions(snapshot, state), state.sessionFolds)
    return tree.lines()
}

private struct SessionTree {
    private let sessions: [SessionRow]
    private let folds: [String: Bool]
    /// Places of the children by their parent's id.
    private var children: [String: [Int]] = [:]
    private var met: Set<Int> = []

    init(_ sessions: [SessionRow], _ folds: [String: Bool]) {
        self.sessions = sessions
        self.folds = folds
        let ids = Set(sessions.map(\.id))
        for (place, session) in sessions.enumerated() {
            guard let parent = session.parent, ids.contains(parent) else { continue }
            children[parent, default: []].append(place)
        }
    }

    mutating func lines() -> [SessionLine] {
        let below = Set(children.values.joined())
        // A ring has no root: what is met by none of the roots begins one.
        let order = sessions.indices.filter { !below.contains($0) } + sessions.indices.filter(below.contains)
        let trees = order.compactMap { met.contains($0) ? nil : lines(from: $0, depth: 0) }
        return Self.ranked(trees).flatMap { $0 }
    }

    /// The session and all below it, its own line first. Each session is in one tree, once.
    private mutating func lines(from place: Int, depth: Int) -> [SessionLine] {
        met.insert(place)
        var line = SessionLine(sessions[place])
        line.depth = depth
        var trees: [[SessionLine]] = []
        for child in children[line.session.id] ?? [] where !met.contains(child) {
            trees.append(lines(from: child, depth: depth + 1))
        }
        for tree in trees {
            line.sums.add(tree[0].sums)
            line.descendants += tree[0].descendants + 1
        }
        line.isFolded =
            line.descendants > 0 && folds[line.session.id] ?? (line.descendants > Grouping.mostRows)
        return [line] + (line.isFolded ? [] : Self.ranked(trees).flatMap { $0 })
    }

    /// The one with the most dollars of the last hour first; others keep their places.
    private static func ranked(_ trees: [[SessionLine]]) -> [[SessionLine]] {
        trees.enumerated().sorted { first, second in
            let (a, b) = (first.element[0].sums.hourlyDollars, second.element[0].sums.hourlyDollars)
            return a != b ? a > b : first.offset < second.offset
        }.map(\.element)
    }
}

extension Snapshot {
    /// A session and all that it began.
    func family(of session: String) -> Set<String> {
        let children = Dictionary(grouping: sessions, by: \.parent)
        var family: Set<String> = [session]
        var next = [session]
        while let parent = next.popLast() {
            for child in children[parent] ?? [] where family.insert(child.id).inserted {
                next.append(child.id)
            }
        }
        return family
    }
}
