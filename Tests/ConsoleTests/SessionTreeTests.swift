import GatewayCore
import Testing

@testable import Console

/// Sessions as trees.
struct SessionTreeTests {
    /// Sessions of which the first spends the most, each with its parent.
    private func snapshot(_ sessions: [(String, String?)]) -> Snapshot {
        var snapshot = SampleFleet.snapshot(nodes: 8, second: 60)
        snapshot.sessions = sessions.enumerated().map { place, names in
            var row = snapshot.sessions[place % 9]
            (row.id, row.parent) = (names.0, names.1)
            row.spending.hourlyDollars = Double(100 - place)
            row.spending.dollarsPerHour = Double(100 - place)
            row.spending.ended.completed = 1
            row.spending.ended.cancelled = 0
            row.spending.ended.failed = 0
            row.spending.liveStreams = 1
            return row
        }
        return snapshot
    }

    private func lines(_ sessions: [(String, String?)], _ folds: [String: Bool] = [:]) -> [SessionLine] {
        var screen = Screen()
        screen.state.sessionFolds = folds
        return sessionLines(snapshot(sessions), screen.state)
    }

    private static let family: [(String, String?)] = [
        ("other", nil), ("child", "root"), ("root", nil), ("grandchild", "child"), ("second", "root"),
    ]

    @Test func `children stand below their parent, whose sums are those of all below it`() {
        let lines = lines(Self.family)
        // 98 of its own and 99, 97 and 96 of the others: more than the 100 of the one that is alone.
        #expect(lines.map(\.session.id) == ["root", "child", "grandchild", "second", "other"])
        #expect(lines.map(\.depth) == [0, 1, 2, 1, 0] && lines.map(\.descendants) == [3, 1, 0, 0, 0])
        #expect(lines.map(\.sums.hourlyDollars) == [390, 196, 97, 96, 100])
        #expect(lines[0].sums.ended.requests == 4 && lines[0].sums.liveStreams == 4)
        #expect(lines[0].session.spending.hourlyDollars == 98, "its own are kept")
    }

    @Test func `a folded parent hides all below it and keeps their sums`() {
        let lines = lines(Self.family, ["root": true])
        #expect(lines.map(\.session.id) == ["root", "other"] && lines[0].sums.hourlyDollars == 390)
        let many: [(String, String?)] = [("root", nil)] + (0..<17).map { ("child-\($0)", "root" as String?) }
        #expect(self.lines(many).count == 1, "more than 16 fold by themselves")
        #expect(self.lines(many, ["root": false]).count == 18)
        #expect(self.lines(Array(many.dropLast())).count == 17)
    }

    @Test func `one whose parent is not listed stands at the top`() {
        let lines = lines([("a", "gone"), ("b", "a"), ("c", nil)])
        #expect(lines.map(\.session.id) == ["a", "b", "c"] && lines.map(\.depth) == [0, 1, 0])
    }

    @Test func `parents that lead back to themselves hang nothing`() {
        #expect(lines([("a", "a")]).map(\.depth) == [0])
        let ring = lines([("a", "c"), ("b", "a"), ("c", "b"), ("d", "c")])
        #expect(ring.map(\.session.id) == ["a", "b", "c", "d"] && ring.map(\.depth) == [0, 1, 2, 3])
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `whoever is whose child, each session is listed once and no dollar is lost`(_ seed: UInt64) {
        var dice = Dice(seed)
        let sessions = (0..<dice.roll(1...60)).map { place -> (String, String?) in
            ("s\(place)", dice.roll(0...3) > 0 ? "s\(dice.roll(0...64))" : nil)
        }
        let all = lines(sessions, Dictionary(uniqueKeysWithValues: sessions.map { ($0.0, false) }))
        #expect(all.map(\.session.id).sorted() == sessions.map(\.0).sorted())
        let roots = all.filter { $0.depth == 0 }
        let own = all.reduce(0) { $0 + $1.session.spending.hourlyDollars }
        #expect(roots.reduce(0) { $0 + $1.sums.hourlyDollars } == own)
    }

    @Test func `Enter folds and unfolds a parent, arrows walk what is drawn, and c is about the row`() {
        var screen = Screen(Size(120, 40), snapshot(Self.family))
        screen.type("S")
        #expect(screen.text.contains("- root") && screen.text.contains("      grandchild"))
        screen.press(.enter)
        #expect(screen.text.contains("+ root") && !screen.text.contains("grandchild"))
        screen.press(.down, .character("c"))
        #expect(screen.state.dialog?.kind == .cancelSession("other"))
        #expect(!screen.text.contains("that it began"))
        screen.press(.escape, .up, .character("c"))
        #expect(screen.text.contains("root, and 3 sessions that it began"))
        screen.press(.escape, .enter, .down, .down)
        #expect(screen.state.selectedSession == "grandchild")
        #expect(screen.text.contains("child of child"))
        screen.press(.enter)
        #expect(screen.state.view == .node)
    }
}
