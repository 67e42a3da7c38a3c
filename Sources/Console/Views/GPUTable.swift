import GatewayCore

/// A part of a GPU's memory, as the bar shows it: told apart without colour too.
package enum HBMPart: Sendable {
    case other, kvActive, kvCached, kvFree

    var character: Character {
        switch self {
        case .other: "█"
        case .kvActive: "▓"
        case .kvCached: "▒"
        case .kvFree: "░"
        }
    }

    var role: Role {
        switch self {
        case .other: .hbm
        case .kvActive: .kv
        case .kvCached: .accent
        case .kvFree: .track
        }
    }
}

/// All GPUs together: sums, and the hottest of them.
struct GPUTotal {
    var split: HBMSplit
    var power: Double?
    var temperature: Double?
    var utilization: Double?
    var errors: Double?
    var remapped: Double?
    var count: Int

    /// Of the nodes with a fresh reading.
    init(_ nodes: [NodeStatus]) {
        var gpus: [GPUReading] = []
        var splits: [HBMSplit] = []
        for node in nodes where !node.isStale {
            gpus += node.gpus
            splits += node.gpus.map { HBMSplit($0, of: node) }
        }
        split = HBMSplit(sum: splits)
        power = FleetRow.sum(gpus.map(\.powerWatts))
        temperature = gpus.compactMap(\.temperatureCelsius).max()
        utilization = FleetRow.mean(gpus.map(\.utilization))
        errors = FleetRow.sum(gpus.map(\.uncorrectedErrors))
        remapped = FleetRow.sum(gpus.map(\.remappedRows))
        count = gpus.count
    }
}

/// The columns of the fleet's GPUs.
struct GPUTable {
    enum Row {
        case total(GPUTotal)
        case gpu(GPURow)

        var split: HBMSplit? {
            switch self {
            case .total(let total): total.split
            case .gpu(let row): row.split
            }
        }

        /// nil: the row of all, or nothing is told.
        var gpu: GPUReading? {
            if case .gpu(let row) = self { return row.gpu }
            return nil
        }

        var total: GPUTotal? {
            if case .total(let total) = self { return total }
            return nil
        }
    }

    var nodes: [NodeStatus]
    var history: History

    var columns: [Column<Row>] { identity + memory + work + heat + health }

    private var identity: [Column<Row>] {
        let longest = min(max(nodes.map { DisplayWidth.of($0.name) }.max() ?? 8, 4), 16)
        return [
            Column(["NODE"], min(longest, 10), ideal: longest, priority: 0, .left, largest: 24) { row, _ in
                guard case .gpu(let gpu) = row else { return .text("ALL", .title) }
                return .text(gpu.node.name, .title)
            },
            Column(["GPU"], 3, priority: 1, largest: 14) { row, _ in
                switch row {
                case .total(let total): .text(NumberText.short(Double(total.count)), .label)
                case .gpu(let gpu): .text(gpu.name, .title)
                }
            },
        ]
    }

    private var memory: [Column<Row>] {
        [
            Column(["HBM"], 12, ideal: 20, priority: 2, .left, largest: 48) { row, width in
                guard let split = row.split else { return .text(NumberText.unknown) }
                return .parts(Self.parts(split))
            },
            Column(["%"], 3, priority: 3) { row, _ in
                let share = row.split?.usedShare
                return .text(NumberText.percent(share), Threshold.hbm.role(share))
            },
            gigabytes(["OF GB"], 5, priority: 17) { $0.total },
            gigabytes(["OTHER GB", "OTHER"], 5, ideal: 8, priority: 9, isEstimate: true) { $0.other },
            gigabytes(["KV GB", "KV"], 4, ideal: 5, priority: 8, isEstimate: true) { $0.kvActive },
            gigabytes(["PREFIX GB", "PREFIX"], 6, ideal: 9, priority: 10, isEstimate: true) { $0.kvCached },
            gigabytes(["KV FREE GB", "KV FREE"], 7, ideal: 10, priority: 18, isEstimate: true) { $0.kvFree },
            gigabytes(["FREE GB", "FREE"], 4, ideal: 7, priority: 7) { $0.free },
        ]
    }

    private var work: [Column<Row>] {
        [
            Column(["BUSY %", "BUSY"], 4, ideal: 6, priority: 12) { row, _ in
                .text(NumberText.percent(row.total?.utilization ?? row.gpu?.utilization))
            },
            Column(["TENSOR %"], 8, priority: 19) { row, _ in .text(NumberText.percent(row.gpu?.tensorActive))
            },
            Column(["SM MHZ", "MHZ"], 5, ideal: 6, priority: 13) { row, _ in
                .text(NumberText.count(row.gpu?.smClockMHz))
            },
        ]
    }

    private var heat: [Column<Row>] {
        [
            Column(["WATT"], 5, priority: 5) { row, _ in
                .text(NumberText.count(row.total?.power ?? row.gpu?.powerWatts))
            },
            trend("WATT TREND", .power, .sum, priority: 16),
            Column(["OF W"], 5, priority: 20) { row, _ in
                .text(NumberText.count(row.gpu?.powerLimitWatts), .label)
            },
            Column(["TEMP C", "\u{B0}C"], 3, ideal: 6, priority: 4) { row, _ in
                let temperature = row.total?.temperature ?? row.gpu?.temperatureCelsius
                return .text(NumberText.count(temperature), Threshold.temperature.role(temperature))
            },
            trend("TEMP TREND", .temperature, .highest, top: Self.hottest, priority: 16),
            Column(["HBM C"], 5, priority: 21) { row, _ in
                .text(NumberText.count(row.gpu?.memoryTemperatureCelsius))
            },
        ]
    }

    private var health: [Column<Row>] {
        [
            Column(["HELD BY"], 7, ideal: 8, priority: 11, .left, largest: 24) { row, width in
                guard case .gpu = row else { return .empty }
                guard let gpu = row.gpu else { return .text(NumberText.unknown) }
                let role = Self.role(ThrottleReason.level(gpu), normal: .label)
                return .text(DisplayWidth.clipped(ThrottleReason.words(gpu), to: width), role)
            },
            Column(["ECC"], 3, priority: 14) { row, _ in
                errors(row.total?.errors ?? row.gpu?.uncorrectedErrors, .alarm)
            },
            Column(["REMAPPED"], 8, priority: 22) { row, _ in
                errors(row.total?.remapped ?? row.gpu?.remappedRows, .warning)
            },
            Column(["XID"], 3, priority: 6) { row, _ in
                guard case .gpu = row else { return .empty }
                return errors(row.gpu?.lastXid.map(Double.init), .alarm)
            },
            Column(["KIND"], 12, ideal: 22, priority: 23, .left, largest: 30) { row, _ in
                row.gpu?.name.map { .text($0, .label) } ?? .empty
            },
        ]
    }

    /// GPUs hotter than this have been switched off.
    private static let hottest = 100.0
    /// Nodes and columns that a scale is taken from.
    private static let (mostNodes, mostColumns) = (128, 24)

    /// - top: of the scale; nil: by the values that there were.
    private func trend(
        _ title: String, _ series: GPUSeries, _ join: Join, top: Double? = nil, priority: Int
    ) -> Column<Row> {
        let timeline = Timeline(history: history)
        let highest = nodes.prefix(Self.mostNodes).flatMap {
            timeline.values(series, gpusOf: [$0.name], columns: Self.mostColumns, join: .highest)
        }
        return Column([title], 10, priority: priority, .left, largest: 20) { row, width in
            guard case .gpu(let row) = row else {
                let values = timeline.values(series, gpusOf: nodes.map(\.name), columns: width, join: join)
                return Self.trend(values, top: top ?? Bars.ceiling(of: values))
            }
            let pasts = history.pasts(width, of: series, node: row.node.name)
            let values = row.number.flatMap { pasts.indices.contains($0) ? pasts[$0] : nil } ?? []
            return Self.trend(values, top: top ?? Bars.ceiling(of: highest))
        }
    }

    private static func trend(_ values: [Double?], top: Double) -> CellContent {
        values.contains { $0 != nil } ? .trend(values, ceiling: top) : .text(NumberText.unknown)
    }

    private func errors(_ count: Double?, _ role: Role) -> CellContent {
        .text(NumberText.short(count), (count ?? 0) > 0 ? role : .text)
    }

    private static func role(_ level: Threshold.Level, normal: Role) -> Role {
        switch level {
        case .normal: normal
        case .warning: .warning
        case .alarm: .alarm
        }
    }

    private func gigabytes(
        _ titles: [String], _ minimum: Int, ideal: Int? = nil, priority: Int, isEstimate: Bool = false,
        _ bytes: @escaping (HBMSplit) -> Double?
    ) -> Column<Row> {
        Column(titles, minimum, ideal: ideal, priority: priority) { row, _ in
            let value = row.split.flatMap(bytes)
            return .text((isEstimate && value != nil ? "~" : "") + NumberText.gigabytes(value))
        }
    }

    /// Where the KV pool is not known all that is used is one part.
    private static func parts(_ split: HBMSplit) -> [(share: Double, part: HBMPart)] {
        guard let total = split.total, total > 0, let used = split.used else { return [] }
        guard let other = split.other else { return [(used / total, .other)] }
        return [
            (other / total, .other), ((split.kvActive ?? 0) / total, .kvActive),
            ((split.kvCached ?? 0) / total, .kvCached), ((split.kvFree ?? 0) / total, .kvFree),
        ]
    }
}
