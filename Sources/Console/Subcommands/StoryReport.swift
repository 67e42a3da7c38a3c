import FleetSim
import GatewayCore

/// What came of a story: for each scene and each action of the operator what was measured until the next.
struct StoryReport: Sendable {
    /// All counters at one moment.
    private struct Count: Sendable {
        var time = 0.0
        var load = LoadReport()
        var totals = TrafficTotals()
    }

    private struct Chapter: Sendable {
        var title: String
        /// Who did it; nil: it is a scene.
        var actor: String?
        var begin: Count
    }

    /// What was measured from one moment to the next.
    struct Row: Sendable {
        var at: Double
        var title: String
        var actor: String?
        var completed: Int
        var failed: Int
        var moved: Int
        /// Seconds.
        var ttft: LatencySummary?
        var tpot: Double?
        var hitRate: Double?
        var dollarsPerMillionTokens: Double?
    }

    private var chapters: [Chapter] = []
    private var end = Count()
    private var lastEvent: UInt64 = 0
    private var shadows: [ShadowRow] = []

    mutating func note(_ title: String, _ snapshot: Snapshot, _ load: LoadReport, at time: Double) {
        take(snapshot, load, at: time)
        chapters.append(
            Chapter(title: title, begin: Count(time: time, load: load, totals: snapshot.totals)))
    }

    /// The operators' actions since the last look.
    mutating func take(_ snapshot: Snapshot, _ load: LoadReport, at time: Double) {
        let count = Count(time: time, load: load, totals: snapshot.totals)
        for event in snapshot.events.reversed() where event.sequence > lastEvent {
            lastEvent = event.sequence
            guard event.actor != "system", !event.actor.hasPrefix(DemoStory.actor) else { continue }
            let node = event.node.map { event.text.contains($0) ? "" : "\($0): " } ?? ""
            chapters.append(Chapter(title: node + event.text, actor: event.actor, begin: count))
        }
        shadows = snapshot.shadows
        end = count
    }

    mutating func end(at time: Double, _ snapshot: Snapshot?, _ load: LoadReport) {
        if let snapshot { take(snapshot, load, at: time) }
    }

    var rows: [Row] {
        chapters.enumerated().map { index, chapter in
            let next = index + 1 < chapters.count ? chapters[index + 1].begin : end
            let (before, after) = (chapter.begin.totals, next.totals)
            let prompt = Double(after.promptTokens) - Double(before.promptTokens)
            let cached = Double(after.cachedTokens) - Double(before.cachedTokens)
            let output = Double(after.outputTokens) - Double(before.outputTokens)
            let price = after.dollarsPerHour.map { $0 * (next.time - chapter.begin.time) / 3600 }
            return Row(
                at: chapter.begin.time, title: chapter.title, actor: chapter.actor,
                completed: next.load.completed - chapter.begin.load.completed,
                failed: next.load.failed - chapter.begin.load.failed,
                moved: Int(after.migrated) - Int(before.migrated),
                ttft: next.load.timeToFirstToken.since(chapter.begin.load.timeToFirstToken).summary,
                tpot: next.load.timePerOutputToken.since(chapter.begin.load.timePerOutputToken).quantile(0.5),
                hitRate: prompt > 0 ? cached / prompt : nil,
                dollarsPerMillionTokens: output > 0 ? price.map { $0 / output * 1e6 } : nil)
        }
    }

    // MARK: as text and as JSON

    /// Two lines for each, so that both fit on the narrowest screen.
    var text: String {
        let header = [
            Self.line("AT", "WHAT"),
            Self.line(["DONE", "TTFT ms", "p99", "TPOT", "HITS", "FAILED", "MOVED", "$/M"]),
        ]
        let lines = rows.flatMap { row in
            [
                Self.line(
                    NumberText.span(row.at.rounded()), (row.actor.map { "* \($0): " } ?? "") + row.title),
                Self.line([
                    NumberText.count(row.completed), NumberText.milliseconds(row.ttft?.p50),
                    NumberText.milliseconds(row.ttft?.p99), NumberText.milliseconds(row.tpot),
                    Self.percent(row.hitRate), NumberText.count(row.failed), NumberText.count(row.moved),
                    NumberText.dollars(row.dollarsPerMillionTokens),
                ]),
            ]
        }
        return (header + lines + shadowLines).joined(separator: "\n")
    }

    /// The best policies and the live one on the same last minutes' requests, in virtual time.
    private var shadowLines: [String] {
        let rows = shadows.sorted { ($0.ttftMean ?? .infinity) < ($1.ttftMean ?? .infinity) }
        let shown = rows.enumerated().filter { $0.offset < 5 || $0.element.isLive }.map(\.element)
        guard !shown.isEmpty else { return [] }
        return ["", "In shadow, the last minutes' requests under other policies (* is the live one)"]
            + shown.map { row in
                let name = "\(row.isLive ? "*" : " ") \(row.policy)"
                return name.padding(toLength: max(26, name.count + 2), withPad: " ", startingAt: 0)
                    + "mean TTFT \(NumberText.milliseconds(row.ttftMean)) ms, hits \(Self.percent(row.hitRate))"
            }
    }

    private static func line(_ at: String, _ what: String) -> String { padded(at, to: 6) + "  " + what }

    private static func line(_ cells: [String]) -> String {
        "        " + cells.map { padded($0, to: 8) }.joined()
    }

    private static func padded(_ text: String, to columns: Int) -> String {
        String(repeating: " ", count: max(columns - text.count, 0)) + text
    }

    private static func percent(_ ratio: Double?) -> String {
        ratio == nil ? NumberText.unknown : NumberText.percent(ratio) + "%"
    }

    var json: JSONText {
        .list(
            rows.map { row in
                .object([
                    ("at", JSONText(row.at)), ("title", .string(row.title)), ("actor", JSONText(row.actor)),
                    ("completed", JSONText(row.completed)), ("failed", JSONText(row.failed)),
                    ("moved", JSONText(row.moved)), ("ttftP50", JSONText(row.ttft?.p50)),
                    ("ttftP99", JSONText(row.ttft?.p99)), ("tpotP50", JSONText(row.tpot)),
                    ("hitRate", JSONText(row.hitRate)),
                    ("dollarsPerMillionTokens", JSONText(row.dollarsPerMillionTokens)),
                ])
            })
    }
}
