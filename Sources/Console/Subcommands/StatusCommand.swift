import Foundation
import GatewayCore

/// The fleet, once, for scripts and for people.
enum StatusCommand {
    static let entry = Subcommand(
        name: "status", arguments: "[--csv nodes|tenants|models|sessions]",
        summary: "nodes, policy and totals, once",
        flags: [Subcommands.jsonFlag, csvFlag, Subcommands.adminFlag] + ScreenPicture.flags
            + ScreenPicture.themeFlag,
        argumentCount: 0...1
    ) { arguments in
        let picture = try ScreenPicture(arguments)
        let forms = ["--json", "--csv", "--screen"].filter { arguments.has($0) }
        guard forms.count <= 1 else {
            throw UsageError("\(forms.joined(separator: " and ")) are two answers; choose one")
        }
        let csv = try csvTable(arguments)
        var client = try AdminClient(path: try AdminSockets.find(arguments))
        if let picture {
            let (snapshot, history) = try client.picture()
            print(picture.text(snapshot, history), terminator: "")
            return 0
        }
        let snapshot = try client.snapshot()
        if arguments.has("--csv") {
            print(csv.text(snapshot), terminator: "")
        } else {
            print(arguments.has("--json") ? json(snapshot).text : table(snapshot))
        }
        return 0
    }

    /// Counts up when a key of `--json` or a column of `--csv` goes or means something else; new ones do not count.
    static let schema = 1
    private static let csvFlag = Flag(
        name: "--csv",
        help:
            "a line for each node, tenant, model or session after a header, RFC 4180: units in the names, empty where unknown"
    )

    private static func csvTable(_ arguments: Arguments) throws -> StatusCSV {
        guard let name = arguments.positional.first else { return .nodes }
        guard arguments.has("--csv") else { throw UsageError("\(name) goes with --csv") }
        guard let table = StatusCSV(rawValue: name) else {
            throw UsageError("no table of \(name)", name, among: StatusCSV.allCases.map(\.rawValue))
        }
        return table
    }

    static func json(_ snapshot: Snapshot) -> JSONText {
        .object([
            ("schema", JSONText(schema)),
            ("time", JSONText(snapshot.time)),
            ("address", .string(snapshot.gateway.address)),
            ("adminSocket", .string(snapshot.gateway.adminSocket)),
            ("version", .string(snapshot.gateway.version)),
            ("processId", JSONText(snapshot.gateway.processID)),
            ("uptimeSeconds", JSONText(snapshot.gateway.uptimeSeconds)),
            ("configurationVersion", JSONText(snapshot.gateway.configurationVersion)),
            ("restored", JSONText(snapshot.gateway.restored)),
            ("readOnly", .bool(snapshot.gateway.isReadOnly)),
            ("policy", .string(snapshot.gateway.policy)),
            ("policyParameters", PolicyCommand.values(snapshot.gateway.policySettings.standard)),
            ("modelPolicies", PolicyCommand.ofModels(snapshot.gateway.policySettings)),
            ("autotune", autotune(snapshot.gateway.autotune)),
            ("trials", .list(snapshot.trials.map { trial($0, snapshot.time) })),
            ("pins", .list(snapshot.pins.map(pin))),
            ("rateWindowSeconds", JSONText(snapshot.gateway.rateWindowSeconds)),
            ("latencyWindowSeconds", JSONText(snapshot.gateway.latencyWindowSeconds)),
            ("queueCapacity", JSONText(snapshot.gateway.queueCapacity)),
            ("configuredQueueCapacity", JSONText(snapshot.gateway.configuredQueueCapacity)),
            ("minimumServing", minimum(snapshot.gateway.minimumServing)),
            ("memory", memory(snapshot.gateway.memory)),
            ("totals", totals(snapshot)),
            ("queues", .list(snapshot.queues.map(queue))),
            ("nodes", .list(snapshot.nodes.map { node($0, snapshot) })),
            ("spending", StatusSpending.json(snapshot)),
            ("sessions", StatusSpending.sessions(snapshot)),
            ("shadows", .list(snapshot.shadows.map(shadow))),
            ("shadowsDropped", JSONText(snapshot.gateway.shadowsDropped)),
        ])
    }

    private static func autotune(_ status: AutotuneStatus?) -> JSONText {
        guard let status else { return .null }
        return .object([
            ("words", .string(status.words)), ("undo", JSONText(status.undo?.phrase)),
        ])
    }

    private static func trial(_ trial: TrialStatus, _ now: Double) -> JSONText {
        .object([
            ("what", .string(trial.what)), ("tried", .string(trial.tried)), ("before", .string(trial.before)),
            ("actor", .string(trial.actor)), ("secondsLeft", JSONText(max(trial.until - now, 0))),
        ])
    }

    private static func pin(_ pin: SessionPin) -> JSONText {
        .object([
            ("session", .string(pin.session)), ("node", .string(pin.node)), ("actor", .string(pin.actor)),
            ("since", JSONText(pin.since)), ("setAside", .bool(pin.isSetAside)),
        ])
    }

    private static func shadow(_ row: ShadowRow) -> JSONText {
        .object([
            ("model", .string(row.model)), ("policy", .string(row.policy)), ("isLive", .bool(row.isLive)),
            ("requests", JSONText(row.requests)), ("hitRate", JSONText(row.hitRate)),
            ("ttftMean", JSONText(row.ttftMean)), ("ttftP99", JSONText(row.ttftP99)),
            ("withinTarget", JSONText(row.withinTarget)), ("balance", JSONText(row.balance)),
            ("dollarsPerRequest", JSONText(row.dollarsPerRequest)),
            ("agreement", JSONText(row.agreement)), ("problem", JSONText(row.problem)),
        ])
    }

    private static func minimum(_ minimum: ServingMinimum) -> JSONText {
        func named(_ list: [ServingMinimum.Named]) -> JSONText {
            .object(list.map { ($0.name, JSONText($0.count)) })
        }
        return .object([
            ("each", JSONText(minimum.each)), ("models", named(minimum.models)),
            ("roles", named(minimum.roles)),
        ])
    }

    private static func memory(_ memory: MemoryStatus) -> JSONText {
        .object([
            ("residentBytes", JSONText(memory.residentBytes)), ("limitBytes", JSONText(memory.limitBytes)),
            ("prefixIndexBytes", JSONText(memory.prefixIndexBytes)),
            ("historyBytes", JSONText(memory.historyBytes)), ("ledgerBytes", JSONText(memory.ledgerBytes)),
            ("retainedBytes", JSONText(memory.retainedBytes)), ("queueBytes", JSONText(memory.queueBytes)),
            ("openFiles", JSONText(memory.openFiles.map(Double.init))),
            ("openFileLimit", JSONText(memory.openFileLimit.map(Double.init))),
        ])
    }

    private static func totals(_ snapshot: Snapshot) -> JSONText {
        let totals = snapshot.totals
        return .object([
            (
                "requests",
                .object([
                    ("received", JSONText(totals.requests)), ("completed", JSONText(totals.completed)),
                    ("cancelled", JSONText(totals.cancelled)), ("failed", JSONText(totals.failed)),
                    ("refused", JSONText(totals.refused)), ("retried", JSONText(totals.retried)),
                    ("retriesDenied", JSONText(totals.retriesDenied)),
                    ("queueFull", JSONText(totals.queueFull)),
                    ("queueExpired", JSONText(totals.queueExpired)), ("shed", JSONText(totals.shed)),
                    ("migrated", JSONText(totals.migrated)),
                    ("migratedInexactly", JSONText(totals.migratedInexactly)),
                    ("notMigratable", JSONText(totals.notMigratable)),
                    ("slowReaders", JSONText(totals.slowReaders)),
                    ("active", JSONText(totals.active)), ("queued", JSONText(snapshot.gateway.queued)),
                ])
            ),
            (
                "tokens",
                .object([
                    ("prompt", JSONText(totals.promptTokens)), ("cached", JSONText(totals.cachedTokens)),
                    ("output", JSONText(totals.outputTokens)), ("wasted", JSONText(totals.wastedTokens)),
                ])
            ),
            ("requestsPerSecond", JSONText(totals.requestsPerSecond)),
            ("tokensPerSecond", JSONText(totals.tokensPerSecond)),
            ("prefixHitRate", JSONText(totals.prefixHitRate)),
            ("ttft", latency(totals.ttft)), ("tpot", latency(totals.tpot)),
            ("dollars", JSONText(totals.dollars)),
            ("dollarsPerMillionTokens", JSONText(totals.dollarsPerMillionTokens)),
        ])
    }

    private static func queue(_ queue: QueueStatus) -> JSONText {
        .object([
            ("model", .string(queue.model)), ("high", JSONText(queue.high)),
            ("normal", JSONText(queue.normal)), ("low", JSONText(queue.low)),
            ("tokens", JSONText(queue.tokens)), ("oldestSeconds", JSONText(queue.oldestSeconds)),
            ("drainPerSecond", JSONText(queue.drainPerSecond)),
        ])
    }

    private static func latency(_ summary: LatencySummary?) -> JSONText {
        guard let summary else { return .null }
        return .object([
            ("p50", JSONText(summary.p50)), ("p99", JSONText(summary.p99)),
            ("count", JSONText(summary.count)),
        ])
    }

    private static func node(_ node: NodeStatus, _ snapshot: Snapshot) -> JSONText {
        .object([
            ("name", .string(node.name)), ("url", .string(node.url)), ("state", .string(node.state.rawValue)),
            ("safeToDelete", .bool(node.safeToDelete)), ("weight", JSONText(node.weight)),
            ("configuredWeight", JSONText(node.configuredWeight)),
            ("limit", JSONText(node.limit.map(Double.init))),
            ("configuredLimit", JSONText(node.configuredLimit.map(Double.init))),
            ("slowWeight", JSONText(node.slowWeight.map(Double.init))),
            ("slowSecondsLeft", JSONText(node.slowSecondsLeft)),
            ("ejection", ejection(node.ejection)), ("busySecondsLeft", JSONText(node.busySecondsLeft)),
            ("drain", drain(node, snapshot)),
            ("trafficShare", JSONText(node.trafficShare)), ("role", .string(node.role.rawValue)),
            ("zone", JSONText(node.zone)), ("models", .list(node.models.map { .string($0) })),
            ("engine", .string(node.engine.rawValue)), ("engineVersion", JSONText(node.engineVersion)),
            ("running", JSONText(node.running)), ("waiting", JSONText(node.waiting)),
            ("active", JSONText(node.active)), ("prefilling", JSONText(node.prefilling)),
            ("decoding", JSONText(node.decoding)), ("kvUsage", JSONText(node.kvUsage)),
            ("kvCapacityTokens", JSONText(node.kvCapacityTokens)),
            (
                "hbm",
                node.hbmUsedBytes == nil && node.hbmTotalBytes == nil
                    ? .null
                    : .object([
                        ("usedBytes", JSONText(node.hbmUsedBytes)),
                        ("totalBytes", JSONText(node.hbmTotalBytes)),
                    ])
            ),
            ("gpus", JSONText(node.gpus.count)),
            ("prefixHitRate", JSONText(node.prefixHitRate)),
            ("prefixHitRateLifetime", JSONText(node.prefixHitRateLifetime)),
            ("predictedCachedTokens", JSONText(node.predictedCachedTokens)),
            ("actualCachedTokens", JSONText(node.actualCachedTokens)), ("kvEvents", kvEvents(node.kvEvents)),
            ("ttft", latency(node.ttft)), ("tpot", latency(node.tpot)), ("e2e", latency(node.e2e)),
            ("tokensPerSecond", JSONText(node.tokensPerSecond)),
            ("promptTokensPerSecond", JSONText(node.promptTokensPerSecond)),
            ("dollarsPerHour", JSONText(node.dollarsPerHour)),
            ("dollarsPerMillionTokens", JSONText(node.dollarsPerMillionTokens)),
            ("completed", JSONText(node.completed)), ("failed", JSONText(node.failed)),
            ("cancelled", JSONText(node.cancelled)), ("retriedAway", JSONText(node.retriedAway)),
            ("faults", .object(node.faults.map { ($0.fault, JSONText($0.count)) })),
            ("disagreementSeconds", JSONText(node.disagreementSeconds)),
            ("migratedAway", JSONText(node.migratedAway)),
            ("readingAgeSeconds", JSONText(node.readingAgeSeconds)), ("stale", .bool(node.isStale)),
            ("estimated", .list(estimates(node.estimated))), ("problem", JSONText(node.problem)),
        ])
    }

    private static func kvEvents(_ feed: KVFeedStatus?) -> JSONText {
        guard let feed else { return .null }
        return .object([
            ("live", .bool(feed.isLive)), ("whole", .bool(feed.isWhole)), ("blocks", JSONText(feed.blocks)),
            ("batches", JSONText(feed.batches)), ("gaps", JSONText(feed.gaps)),
            ("replays", JSONText(feed.replays)), ("undecodable", JSONText(feed.undecodable)),
            ("problem", JSONText(feed.problem)),
        ])
    }

    private static func ejection(_ ejection: EjectionStatus?) -> JSONText {
        guard let ejection else { return .null }
        return .object([
            ("reason", .string(ejection.reason)), ("secondsLeft", JSONText(ejection.secondsLeft)),
            ("count", JSONText(ejection.count)),
        ])
    }

    private static func drain(_ node: NodeStatus, _ snapshot: Snapshot) -> JSONText {
        guard let drain = node.drain else { return .null }
        let time = DrainTime([node.name], snapshot)
        return .object([
            ("elapsedSeconds", JSONText(drain.elapsedSeconds)), ("remaining", JSONText(drain.remaining)),
            ("oldestAgeSeconds", JSONText(drain.oldestAgeSeconds)),
            ("likelySecondsLow", JSONText(time?.low)), ("likelySecondsHigh", JSONText(time?.high)),
            ("secondsToDeadline", JSONText(drain.secondsToDeadline)),
            ("atDeadline", .string(drain.atDeadline.rawValue)),
        ])
    }

    private static func estimates(_ fields: EstimatedFields) -> [JSONText] {
        let names: [(EstimatedFields, String)] = [
            (.running, "running"), (.waiting, "waiting"), (.kvUsage, "kvUsage"),
            (.prefixHitRate, "prefixHitRate"),
            (.tokensPerSecond, "tokensPerSecond"), (.hbm, "hbm"), (.dollars, "dollars"),
        ]
        return names.filter { fields.contains($0.0) }.map { .string($0.1) }
    }

    static func table(_ snapshot: Snapshot) -> String {
        let header = [
            "NODE", "STATE", "WEIGHT", "OURS", "RUN", "WAIT", "KV", "HIT", "TTFT p50", "p99", "TOK/S", "$/M",
        ]
        let rows = snapshot.nodes.map { node in
            [
                node.name, state(of: node), "\(node.weight)", "\(node.active)",
                number(node.running, 0), number(node.waiting, 0), percent(node.kvUsage),
                percent(node.prefixHitRate), number(node.ttft?.p50, 3), number(node.ttft?.p99, 3),
                number(node.tokensPerSecond, 0), number(node.dollarsPerMillionTokens, 2),
            ]
        }
        let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
        let lines = ([header] + rows).map { row in
            row.enumerated().map { column, text in
                let space = String(repeating: " ", count: widths[column] - text.count)
                return column < 2 ? text + space : space + text
            }.joined(separator: "  ")
        }
        let totals = snapshot.totals
        return
            "gateway \(snapshot.gateway.address), policy \(PolicyCommand.words(snapshot.gateway)), \(totals.active) active,"
            + " \(totals.completed) completed, \(totals.cancelled) cancelled, \(totals.failed) failed,"
            + " \(totals.refused) refused, \(totals.retried) retried, \(totals.migrated) migrated\n"
            + snapshot.trials.map { trial in
                "\(trial.what) \(trial.tried) is tried, back to \(trial.before) in "
                    + "\(NumberText.span(max(trial.until - snapshot.time, 0))) unless kept\n"
            }.joined()
            + pins(snapshot)
            + lines.joined(separator: "\n")
    }

    private static func pins(_ snapshot: Snapshot) -> String {
        let more =
            snapshot.pins.count > 8 ? "\(snapshot.pins.count - 8) more sessions are pinned (--json)\n" : ""
        return snapshot.pins.prefix(8).map {
            "session \($0.session) is \($0.words(at: snapshot.time))\n"
        }.joined() + more
    }

    private static func state(of node: NodeStatus) -> String {
        var words = [node.state.rawValue]
        if node.isStale { words.append("stale") }
        if node.safeToDelete { words.append("(safe to delete)") }
        if let ejection = node.ejection {
            words.append(ejection.secondsLeft.map { "for \(Int($0.rounded(.up))) s" } ?? "(being tried)")
        }
        if let weight = node.slowWeight { words.append("(slow start, weight \(weight))") }
        return words.joined(separator: " ")
    }

    private static func number(_ value: Double?, _ digits: Int) -> String {
        value.map { String(format: "%.\(digits)f", $0) } ?? "--"
    }

    private static func percent(_ ratio: Double?) -> String {
        ratio.map { String(format: "%.1f%%", $0 * 100) } ?? "--"
    }
}
