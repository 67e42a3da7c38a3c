import GatewayCore

/// Agents' workflows: what each costs, where it is warm, and what moving it would take.
struct SessionsView {
    var snapshot: Snapshot
    var state: ScreenState

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        let sessions = sessionLines(snapshot, state)
        let selected = sessionCursor(sessions, state)
        let inside = rect.inset(left: 1, right: 1)
        canvas.put(
            DisplayWidth.clipped(headline, to: inside.width), inside.x, rect.y,
            Style(.title, on: .base, .bold))
        canvas.put(
            DisplayWidth.clipped(Self.basis, to: inside.width), inside.x, rect.maxY - 1, Style(.label))
        let split = SideBySide(
            rect.inset(top: 1, bottom: 1), rows: sessions.count + 1, detailHeight: SessionDetail.height)
        var columns = columns(sessions)
        if !snapshot.pins.isEmpty { columns.insert(pinColumn, at: 1) }
        ListDrawing(
            table: Table(columns: columns), rows: sessions, selected: selected,
            empty: snapshot.sessions.isEmpty
                ? "No request named a session yet (x-signalbox-session, prompt_cache_key or session_id)."
                : "No session matches; Esc clears the filter.",
            target: { .session($0.session.id) }
        ).draw(&canvas, split.table, isDim: { $0.sums.liveStreams == 0 })
        guard let place = split.detail, let selected else { return }
        SessionDetail(session: sessions[selected].session, snapshot: snapshot).draw(&canvas, place)
    }

    private static let basis =
        "MOVE: tokens to prefill anew elsewhere, how long · + -: with its children"

    private var headline: String {
        let rest = snapshot.spending.first { $0.kind == .session && $0.others != nil }
        let count = NumberText.plural(snapshot.sessions.count + (rest?.others ?? 0), "session")
        let open = snapshot.sessions.filter { $0.spending.liveStreams > 0 }.count
        let top = snapshot.sessions.max { $0.spending.dollarsPerHour < $1.spending.dollarsPerHour }
        let pinned = snapshot.pins.isEmpty ? "" : ", \(snapshot.pins.count) pinned"
        let words = "\(count), \(open) with open streams\(pinned)"
        guard let top, top.spending.dollarsPerHour > 0 else { return words }
        return "\(words); \(top.id) spends most: \(CostWords.dollars(top.spending.dollarsPerHour))/h"
    }

    private func columns(_ lines: [SessionLine]) -> [Column<SessionLine>] {
        let hasTrees = lines.contains { $0.descendants > 0 }
        let longest = min(max(lines.map { DisplayWidth.of($0.title(hasTrees)) }.max() ?? 8, 8), 24)
        return [
            Column(["SESSION"], min(longest, 14), ideal: longest, priority: 0, .left, largest: 40) {
                line, _ in
                .text(line.title(hasTrees), .title)
            },
            Column(["OPEN"], 4, priority: 1) { line, _ in .text(String(line.sums.liveStreams)) },
            Column(["REQS"], 5, priority: 3) { line, _ in
                .text(NumberText.short(Double(line.sums.ended.requests)))
            },
            Column(["AGE"], 6, priority: 2) { line, _ in .text(NumberText.span(line.session.ageSeconds)) },
            Column(["IDLE"], 6, priority: 10) { line, _ in
                let idle = line.session.idleSeconds
                return idle > 0 ? .text(NumberText.span(idle), .label) : .empty
            },
            Column(["TOKENS"], 6, priority: 5) { line, _ in
                let ended = line.sums.ended
                return .text(NumberText.short(Double(ended.promptTokens + ended.outputTokens)))
            },
            Column(["HIT"], 3, priority: 7) { line, _ in .text(NumberText.percent(line.sums.cachedShare)) },
            Column(["$"], 7, priority: 4) { line, _ in
                .text(CostTable.money(line.sums, line.sums.dollars))
            },
            Column(["$/H"], 6, priority: 6) { line, _ in
                .text(CostTable.money(line.sums, line.sums.rate))
            },
            Column(["WARM ON"], 9, ideal: 14, priority: 8, .left, largest: 24) { line, _ in
                .text(line.session.visits.first?.node ?? NumberText.unknown)
            },
            Column(["MOVE"], 13, priority: 9, .left) { line, _ in .text(Self.words(line.session.move)) },
            Column(["TENANT"], 8, ideal: 10, priority: 11, .left, largest: 20) { line, _ in
                .text(line.session.tenant ?? NumberText.unknown, .label)
            },
            Column(["MODEL"], 10, ideal: 16, priority: 12, .left, largest: 30) { line, _ in
                .text(FleetRow.shortModel(line.session.model), .label)
            },
            Column(["FAILED"], 6, priority: 13) { line, _ in
                let failed = line.sums.ended.failed
                return .text(NumberText.short(Double(failed)), failed > 0 ? .warning : .label)
            },
        ]
    }

    private var pinColumn: Column<SessionLine> {
        let pins = Dictionary(snapshot.pins.map { ($0.session, $0) }, uniquingKeysWith: { first, _ in first })
        return Column(["PINNED TO"], 9, ideal: 12, priority: 2, .left, largest: 24) { line, _ in
            guard let pin = pins[line.session.id] else { return .empty }
            return pin.isSetAside ? .state("(aside)", .warning) : .state(pin.node, .accent)
        }
    }

    /// "12.4k, ~0.6s": tokens to prefill, and how long.
    static func words(_ move: SessionMove?) -> String {
        guard let move else { return NumberText.unknown }
        return "\(NumberText.short(Double(move.tokens))), ~\(NumberText.span(move.seconds))"
    }
}

/// The session that the operator went to, else the first.
func sessionCursor(_ lines: [SessionLine], _ state: ScreenState) -> Int? {
    guard !lines.isEmpty else { return nil }
    return state.selectedSession.flatMap { id in lines.firstIndex { $0.session.id == id } } ?? 0
}

extension SessionLine {
    /// Its id, behind its depth and whether what is below it is folded.
    fileprivate func title(_ hasTrees: Bool) -> String {
        guard hasTrees else { return session.id }
        let sign = descendants == 0 ? "  " : isFolded ? "+ " : "- "
        return String(repeating: "  ", count: min(depth, 8)) + sign + session.id
    }
}

/// One session, whole: its money, where its prompts were, and its open streams.
struct SessionDetail {
    var session: SessionRow
    var snapshot: Snapshot

    /// Rows that it needs at least.
    static let height = 8

    func draw(_ canvas: inout Canvas, _ rect: Rect) {
        let end = FactGroup.draw(
            [about, places], &canvas, Rect(rect.x - 1, rect.y, rect.width + 2, rect.height))
        let rest = rect.inset(top: min(end - rect.y, rect.height))
        guard rest.height >= 3 else { return }
        var own = snapshot
        own.streams = snapshot.streams.filter { $0.session == session.id }
        Panels(snapshot: own).streams(&canvas, rest, title: "Its open streams")
    }

    private var about: FactGroup {
        let row = session.spending
        let cached = row.cachedShare.map { ", \(NumberText.percent($0))% cached" } ?? ""
        let wasted = row.wasteShare.map { ", \(NumberText.percent($0))% wasted" } ?? ""
        return FactGroup(
            title: session.id,
            facts: [
                Fact("tenant", session.tenant ?? NumberText.unknown),
                Fact("model", FleetRow.shortModel(session.model)),
                Fact("spent", CostWords.dollars(row.dollars, of: row) + wasted),
                Fact("now", row.rate.map { CostWords.dollars($0) + "/h" } ?? NumberText.unknown),
                Fact("prompts", "\(NumberText.short(Double(row.ended.promptTokens))) tokens\(cached)"),
                Fact("out", "\(NumberText.short(Double(row.ended.outputTokens))) tokens"),
                Fact("ended", ends(row.ended), row.ended.failed > 0 ? .warning : .text),
            ])
    }

    private func ends(_ ended: Spending) -> String {
        "\(NumberText.count(ended.completed)) done, \(NumberText.count(ended.cancelled)) cancelled, "
            + "\(NumberText.count(ended.failed)) failed"
    }

    private var parent: [Fact] { session.parent.map { [Fact("child of", $0)] } ?? [] }

    private var pinned: [Fact] {
        guard let pin = snapshot.pin(of: session.id) else { return [] }
        let age = NumberText.span(max(snapshot.time - pin.since, 0))
        return [
            pin.isSetAside
                ? Fact("pinned", "\(pin.node), set aside", .warning)
                : Fact("pinned", "\(pin.node), \(age) ago", .accent),
            Fact("by", pin.actor),
        ]
    }

    /// Where its last prompts were computed, and what it would lose by leaving the last of them.
    private var places: FactGroup {
        let visits = session.visits.map { visit in
            let cached = visit.cachedTokens.map { ", \(NumberText.short(Double($0))) hit" } ?? ""
            let tokens = NumberText.short(Double(visit.tokens))
            return Fact(visit.node, "\(tokens) tok, \(NumberText.span(visit.secondsAgo)) ago\(cached)")
        }
        let move = session.move.map { move in
            Fact("to move", SessionsView.words(move) + " on \(move.node)")
        }
        return FactGroup(
            title: "Warm on",
            facts: visits + [move ?? Fact("to move", visits.isEmpty ? "" : "no other node could take it")]
                + parent + pinned)
    }
}
