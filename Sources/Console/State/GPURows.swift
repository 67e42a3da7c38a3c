import GatewayCore

/// One GPU of the fleet, or a node of whose GPUs nothing is told.
package struct GPURow: Equatable, Sendable {
    package var node: NodeStatus
    /// Place among the node's GPUs; nil: there are none.
    package var number: Int?

    package var gpu: GPUReading? { number.map { node.gpus[$0] } }
    package var split: HBMSplit? { gpu.map { HBMSplit($0, of: node) } }

    package var name: String {
        guard let gpu, let number else { return NumberText.unknown }
        return "\(gpu.index ?? number)" + (gpu.migInstance.map { " \($0)" } ?? "")
    }
}

/// Where a GPU stands in the list: cheap to sort for thousands.
package struct GPUPlace: Equatable, Sendable {
    package var node: Int
    package var number: Int?
    package var level: Threshold.Level
}

extension GPUReading {
    /// How much it needs somebody's eyes.
    package var level: Threshold.Level {
        let used = memoryUsedBytes.flatMap { used in memoryTotalBytes.map { used / max($0, 1) } }
        let levels = [
            Threshold.temperature.level(temperatureCelsius), Threshold.hbm.level(used),
            ThrottleReason.level(self),
            (lastXid ?? 0) != 0 || (uncorrectedErrors ?? 0) > 0 ? .alarm : .normal,
            (remappedRows ?? 0) > 0 ? .warning : .normal,
        ]
        return levels.contains(.alarm) ? .alarm : levels.contains(.warning) ? .warning : .normal
    }
}

/// Why a GPU's clocks are held down: NVML's bits.
package enum ThrottleReason: Int, CaseIterable, Sendable {
    case idle = 1
    case setting = 2
    case powerCap = 4
    case hardware = 8
    case syncBoost = 0x10
    case heat = 0x20
    case hardwareHeat = 0x40
    case powerBrake = 0x80
    case display = 0x100

    var word: String {
        switch self {
        case .idle: "idle"
        case .setting: "set"
        case .powerCap: "power"
        case .hardware: "HW"
        case .syncBoost: "sync"
        case .heat: "heat"
        case .hardwareHeat: "HW-heat"
        case .powerBrake: "brake"
        case .display: "display"
        }
    }

    /// What slows it down against its will; at its power cap and idle it does as it should.
    var level: Threshold.Level {
        switch self {
        case .hardware, .hardwareHeat, .powerBrake: .alarm
        case .heat: .warning
        default: .normal
        }
    }

    /// nil: not told.
    static func of(_ gpu: GPUReading) -> [ThrottleReason]? {
        gpu.throttleReasons.map { bits in allCases.filter { bits & $0.rawValue != 0 } }
    }

    static func level(_ gpu: GPUReading) -> Threshold.Level {
        let levels = (of(gpu) ?? []).map(\.level)
        return levels.contains(.alarm) ? .alarm : levels.contains(.warning) ? .warning : .normal
    }

    /// The worst first; "none" where the clocks are free, `--` where nothing is told.
    static func words(_ gpu: GPUReading) -> String {
        guard let reasons = of(gpu) else { return NumberText.unknown }
        guard !reasons.isEmpty else { return "none" }
        let worst = reasons.filter { $0.level != .normal } + reasons.filter { $0.level == .normal }
        return worst.map(\.word).joined(separator: " ")
    }
}

/// The GPUs of the visible nodes, those that need eyes first, else in the order of the fleet's rows.
package func visibleGPUs(_ nodes: [NodeStatus]) -> [GPUPlace] {
    var byLevel: [[GPUPlace]] = [[], [], []]
    for (index, node) in nodes.enumerated() {
        for (number, gpu) in node.gpus.enumerated() {
            let level = gpu.level
            let rank = level == .alarm ? 0 : level == .warning ? 1 : 2
            byLevel[rank].append(GPUPlace(node: index, number: number, level: level))
        }
        if node.gpus.isEmpty { byLevel[2].append(GPUPlace(node: index, number: nil, level: .normal)) }
    }
    return byLevel.flatMap { $0 }
}

/// Which row is selected: the selected GPU of the selected node, else the node's first.
func gpuCursor(_ places: [GPUPlace], _ nodes: [NodeStatus], _ state: ScreenState) -> Int? {
    guard let node = nodes.firstIndex(where: { $0.name == state.selectedNode }) else { return nil }
    return places.firstIndex { $0.node == node && $0.number == state.selectedGPU }
        ?? places.firstIndex { $0.node == node }
}
