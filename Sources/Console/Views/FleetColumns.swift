import GatewayCore

/// The columns of the fleet table. At 80 columns all up to priority 13 stand; the others join by width.
struct FleetColumns {
    var tokens: Trends
    var ttft: Trends
    var nameWidth: Int
    var stateWidth: Int

    var columns: [Column<FleetRow>] { identity + memory + queues + latency + output + wide }

    /// Columns before this one tell who a node is.
    static let firstNumber = 5
    /// The priorities of the columns of latencies.
    static let latencyPriorities = 8...11

    private var identity: [Column<FleetRow>] {
        [
            Column([""], 1, priority: 0, .left) { row, _ in
                guard row.kind == .node, let state = row.state else { return .empty }
                return .state(state.letter, state.role, .bold)
            },
            Column(["NODE"], min(nameWidth, 12), ideal: nameWidth, priority: 0, .left, largest: 24) {
                row, _ in
                switch row.kind {
                case .gpu: .text("  " + row.name, .label)
                case .node: .text(row.name, row.isStale ? .faint : .title)
                case .total: .text(row.name, .title, .bold)
                case .group: .empty
                }
            },
            Column(["STATE"], stateWidth, priority: 14, .left) { row, _ in
                guard let state = row.state else { return .empty }
                let detail = row.stateDetail.map { " \($0)" } ?? ""
                return .state(state.word + detail, state.role)
            },
            Column(["W"], 3, ideal: 4, priority: 3) { row, _ in
                row.kind == .node ? .text(row.weight ?? "--", row.isReweighted ? .accent : .text) : .empty
            },
            Column(["SHARE %", "SHR%"], 4, ideal: 5, priority: 18) { row, _ in
                row.kind == .node ? .text(NumberText.percent(row.share)) : .empty
            },
        ]
    }

    private var memory: [Column<FleetRow>] {
        [
            Column(["HBM %", "HBM"], 8, ideal: 12, priority: 4, largest: 16) { row, _ in
                let role = Threshold.hbm.role(row.hbmShare, normal: .hbm)
                let label = mark(row, .hbm, NumberText.percent(row.hbmShare))
                return .bar(
                    row.hbmShare, label: label, role: role, labelRole: Threshold.hbm.role(row.hbmShare))
            },
            Column(["HBM GB"], 9, priority: 21) { row, _ in
                guard row.hbmUsed != nil else { return .text(NumberText.unknown) }
                return .text(
                    "\(NumberText.gigabytes(row.hbmUsed))/\(NumberText.gigabytes(row.hbmTotal))")
            },
            Column(["KV %", "KV"], 8, ideal: 12, priority: 2, largest: 16) { row, _ in
                guard row.kind != .gpu else { return .empty }
                let role = Threshold.kv.role(row.kv, normal: .kv)
                let label = mark(row, .kvUsage, NumberText.percent(row.kv))
                return .bar(row.kv, label: label, role: role, labelRole: Threshold.kv.role(row.kv))
            },
            number(["HIT %", "HIT%", "HIT"], 3, ideal: 5, priority: 5, .prefixHitRate) {
                NumberText.percent($0.hit)
            },
        ]
    }

    private var queues: [Column<FleetRow>] {
        [
            Column(["PREFILL", "PRE"], 3, ideal: 7, priority: 6) { row, _ in
                guard row.kind != .gpu else { return .empty }
                let role = row.kind == .node ? Threshold.queue.role(row.prefill) : .text
                return .text(mark(row, .queues, NumberText.short(row.prefill)), role)
            },
            number(["DECODE", "DEC"], 3, ideal: 6, priority: 7, .queues) { NumberText.short($0.decode) },
            number(["RUN"], 4, priority: 28, .running) { NumberText.short($0.running) },
            number(["WAIT"], 4, priority: 29, .waiting) { NumberText.short($0.waiting) },
        ]
    }

    private var latency: [Column<FleetRow>] {
        [
            latency(["TTFT p50 ms", "TTFT p50", "TTFT"], 5, ideal: 8, 8) { $0.ttft?.p50 },
            latency(["p99 ms", "p99"], 5, ideal: 6, 9, Threshold.ttft) { $0.ttft?.p99 },
            latency(["TPOT p50 ms", "TPOT p50", "TPOT"], 4, ideal: 8, 10) { $0.tpot?.p50 },
            latency(["p99 ms", "p99"], 4, ideal: 6, 11, Threshold.tpot) { $0.tpot?.p99 },
        ]
    }

    private var output: [Column<FleetRow>] {
        [
            number(["TOK/S"], 6, ideal: 7, priority: 1, .tokensPerSecond) { NumberText.count($0.tokens) },
            number(["REQ/S"], 5, priority: 26, []) { NumberText.rate($0.requests) },
            number(["$/M TOK", "$/Mtok", "$/M"], 5, ideal: 6, priority: 12, .dollars) {
                NumberText.dollars($0.dollars)
            },
            number(["$/H"], 6, priority: 27, []) { NumberText.dollars($0.dollarsPerHour) },
        ]
    }

    private var wide: [Column<FleetRow>] {
        [
            Column(["TOK/S TREND", "TREND"], 10, ideal: 20, priority: 15, .left, largest: 40) {
                row, width in row.trendNode.map { tokens.cell($0, width: width) } ?? .empty
            },
            Column(["TTFT p50 TREND", "TTFT TREND", "TTFT"], 12, priority: 24, .left, largest: 24) {
                row, width in row.trendNode.map { ttft.cell($0, width: width) } ?? .empty
            },
            Column(["GPU %", "GPU%"], 4, ideal: 5, priority: 16) { row, _ in
                .text(NumberText.percent(row.utilization))
            },
            Column(["WATT"], 6, priority: 20) { row, _ in .text(NumberText.count(row.power)) },
            Column(["TEMP C", "\u{B0}C"], 3, priority: 19) { row, _ in
                .text(NumberText.count(row.temperature), Threshold.temperature.role(row.temperature))
            },
            Column(["ROLE"], 7, priority: 17, .left) { row, _ in row.role.map { .text($0, .label) } ?? .empty
            },
            Column(["MODEL"], 16, ideal: 22, priority: 23, .left, largest: 28) { row, _ in
                row.model.map { .text($0, .label) } ?? .empty
            },
            Column(["ENGINE"], 11, priority: 30, .left, largest: 16) { row, _ in
                row.engine.map { .text($0, .label) } ?? .empty
            },
        ]
    }

    private func number(
        _ titles: [String], _ minimum: Int, ideal: Int? = nil, priority: Int, _ field: EstimatedFields,
        _ text: @escaping (FleetRow) -> String
    ) -> Column<FleetRow> {
        Column(titles, minimum, ideal: ideal, priority: priority) { row, _ in
            row.kind == .gpu ? .empty : .text(mark(row, field, text(row)))
        }
    }

    private func latency(
        _ titles: [String], _ minimum: Int, ideal: Int, _ priority: Int, _ threshold: Threshold? = nil,
        _ value: @escaping (FleetRow) -> Double?
    ) -> Column<FleetRow> {
        Column(titles, minimum, ideal: ideal, priority: priority) { row, _ in
            guard row.kind != .gpu, row.kind != .group else { return .empty }
            let seconds = value(row)
            return .text(NumberText.milliseconds(seconds), threshold?.role(seconds) ?? .text)
        }
    }

    /// `~` before what the gateway estimated.
    private func mark(_ row: FleetRow, _ field: EstimatedFields, _ text: String) -> String {
        text != NumberText.unknown && !field.isEmpty && row.estimated.contains(field) ? "~" + text : text
    }
}
