/// What is kept of every node once a second.
package enum Series: Int, CaseIterable, Sendable, Codable {
    case tokensPerSecond, running, waiting, kvUsage, hbmUsage, prefixHitRate, ttftP50, ttftP99
}

/// The last hour of every node, a column for each series: a ring of half-precision samples.
///
/// The gateway keeps it so that a console attached late sees the past. 16 bytes a node and second, and at most 1.6 for
/// its GPUs: 63.4 MB for an hour of 1,000 nodes. Three significant digits; missing is NaN inside and nil outside.
package struct History: Sendable, Equatable {
    package static let capacitySeconds = 3600
    /// Nodes that are kept at once: 260 MB at the most.
    package static let maxNodes = 4096

    static let bytesPerNodeSecond =
        Series.allCases.count * MemoryLayout<Float16>.stride + GPUHistory.bytesPerNodeSecond

    /// In the order of their coming. Ones that left stay until room is needed for others.
    package private(set) var nodes: [String] = []
    /// Unix time of the newest sample, in whole seconds; nil before the first.
    package private(set) var newest: Int?
    /// How many samples each column holds.
    package private(set) var count = 0
    /// Nodes of the last snapshot for which there was no room.
    package private(set) var nodesWithoutRoom = 0
    private let capacity: Int
    private let nodeLimit: Int
    private var places: [String: Int] = [:]
    /// A ring for each series of each node, in the order of `nodes`.
    private var columns: [[Float16]] = []
    private var head = 0
    private var gpus: GPUHistory

    package init(capacitySeconds: Int = History.capacitySeconds, nodeLimit: Int = History.maxNodes) {
        capacity = max(1, capacitySeconds)
        self.nodeLimit = min(max(1, nodeLimit), Self.maxNodes)
        gpus = GPUHistory(capacitySeconds: capacity)
    }

    /// The memory of its samples.
    package var byteCount: Int { columns.count * capacity * MemoryLayout<Float16>.stride + gpus.byteCount }

    /// Adds one second. Does nothing when this second has been added already; gaps become missing samples.
    package mutating func record(_ snapshot: Snapshot) {
        guard let second = Int(exactly: snapshot.time.rounded(.down)), (0...Self.latest).contains(second),
            second > newest ?? -1
        else { return }
        let steps = min(newest.map { second - $0 } ?? 1, capacity)
        makeRoom(for: snapshot)
        gpus.begin(second, after: newest ?? second - 1)
        for _ in 0..<steps {
            head = (head + 1) % capacity
            for column in columns.indices { columns[column][head] = .nan }
        }
        count = min(count + steps, capacity)
        newest = second
        for status in snapshot.nodes {
            guard let place = places[status.name] else { continue }
            for series in Series.allCases {
                columns[place + series.rawValue][head] = Self.sample(series, status)
            }
            gpus.record(status, at: second)
        }
    }

    /// Unix times after this (the year 5138) are not believed.
    fileprivate static let latest = 100_000_000_000

    /// Gives every node of the snapshot its columns; drops those that left when they are too many.
    private mutating func makeRoom(for snapshot: Snapshot) {
        var new = snapshot.nodes.map(\.name).filter { places[$0] == nil }
        guard !new.isEmpty else { return }
        if nodes.count + new.count > nodeLimit { keep(Set(snapshot.nodes.map(\.name))) }
        let room = nodeLimit - nodes.count
        nodesWithoutRoom = max(0, new.count - room)
        new.removeLast(nodesWithoutRoom)
        for name in new { add(name) }
    }

    private mutating func keep(_ wanted: Set<String>) {
        var kept = self
        kept.nodes = []
        kept.places = [:]
        kept.columns = []
        for name in nodes where wanted.contains(name) {
            guard let place = places[name] else { continue }
            kept.places[name] = kept.columns.count
            kept.nodes.append(name)
            kept.columns += columns[place..<(place + Series.allCases.count)]
        }
        kept.gpus.keep(wanted)
        self = kept
    }

    private mutating func add(_ name: String) {
        guard places[name] == nil else { return }
        places[name] = columns.count
        nodes.append(name)
        for _ in Series.allCases { columns.append(Array(repeating: .nan, count: capacity)) }
    }

    /// The last `wanted` samples of a node, oldest first; missing ones are nil.
    package func last(_ wanted: Int, of series: Series, node: String) -> [Double?] {
        samples(wanted, of: series, node: node).map { $0.isNaN ? nil : Double($0) }
    }

    /// As they are kept: missing ones are NaN.
    package func samples(_ wanted: Int, of series: Series, node: String) -> [Float16] {
        guard let place = places[node], wanted > 0 else { return [] }
        return newestSamples(wanted, column: place + series.rawValue)
    }

    /// Oldest first.
    private func newestSamples(_ wanted: Int, column: Int) -> [Float16] {
        let have = min(wanted, count)
        let start = (head - have + 1 + capacity) % capacity
        let wrapped = max(start + have - capacity, 0)
        return Array(columns[column][start..<(start + have - wrapped)]) + columns[column][..<wrapped]
    }

    /// The last values of each of a node's GPUs, oldest first, one for each whole `secondsPerGPUSample`, the last in them;
    /// missing ones are nil.
    package func pasts(_ wanted: Int, of series: GPUSeries, node: String) -> [[Double?]] {
        let steps = gpuSteps(in: count).dropLast().suffix(max(wanted, 0))
        return (0..<gpus.count(of: node)).map { gpus.values(steps, of: series, gpu: $0, node: node) }
    }

    package static let secondsPerGPUSample = GPUHistory.secondsPerSample

    /// The tens of seconds that the last seconds are in.
    private func gpuSteps(in seconds: Int) -> Range<Int> {
        guard let newest, seconds > 0 else { return 0..<0 }
        let step = GPUHistory.secondsPerSample
        return (max(newest - seconds + 1, 0) / step)..<(newest / step + 1)
    }

    /// The past as it was at a Unix second: what came later is gone. Shares the samples' memory.
    package func rewound(to second: Int) -> History {
        guard let newest, second < newest else { return self }
        var past = self
        let steps = min(newest - second, count)
        past.head = (head - steps % capacity + capacity) % capacity
        past.count = count - steps
        past.newest = past.count == 0 ? nil : second
        return past
    }

    private static func sample(_ series: Series, _ status: NodeStatus) -> Float16 {
        guard !status.isStale else { return .nan }
        let value: Double? =
            switch series {
            case .tokensPerSecond: status.tokensPerSecond
            case .running: status.running
            case .waiting: status.waiting
            case .kvUsage: status.kvUsage
            case .hbmUsage:
                status.hbmTotalBytes.flatMap { total in
                    total > 0 ? status.hbmUsedBytes.map { $0 / total } : nil
                }
            case .prefixHitRate: status.prefixHitRate
            case .ttftP50: status.ttft?.p50
            case .ttftP99: status.ttft?.p99
            }
        guard let value, !value.isNaN else { return .nan }
        return Float16(min(max(value, -65_504), 65_504))
    }
}

// The form in which a gateway sends its past to a console that attaches.
extension History {
    private static let magic: [UInt8] = Array("SH".utf8)
    /// Counts up with every change of the form or of `Series`.
    private static let version: UInt8 = 2

    /// The last seconds of every node: "SH" version, newest, samples a column, nodes; then each node's name, its columns
    /// and those of its GPUs.
    package func wireForm(lastSeconds: Int) -> [UInt8] {
        var writer = ByteWriter()
        writer.raw(Self.magic)
        writer.byte(Self.version)
        let samples = newest == nil ? 0 : max(0, min(lastSeconds, count))
        writer.count(newest ?? 0)
        writer.count(samples)
        writer.count(samples == 0 ? 0 : nodes.count)
        for (index, name) in nodes.enumerated() where samples > 0 {
            writer.text(name)
            for series in Series.allCases.indices {
                let column = index * Series.allCases.count + series
                HistoryColumn.write(newestSamples(samples, column: column), into: &writer)
            }
            gpus.write(name, gpuSteps(in: samples), into: &writer)
        }
        return writer.bytes
    }

    /// Reads what `wireForm` made. Any bytes give a history or an error.
    package init(
        wireForm bytes: [UInt8], capacitySeconds: Int = History.capacitySeconds,
        nodeLimit: Int = History.maxNodes
    ) throws(MalformedBytes) {
        self.init(capacitySeconds: capacitySeconds, nodeLimit: nodeLimit)
        var reader = ByteReader(bytes)
        guard Array(try reader.raw(Self.magic.count)) == Self.magic, try reader.byte() == Self.version else {
            throw reader.failure("a history of another version; use one version of signalbox for both sides")
        }
        let time = try reader.count(upTo: Self.latest)
        let samples = try reader.count(upTo: History.capacitySeconds)
        let total = try reader.count(upTo: samples == 0 ? 0 : nodeLimit)
        count = min(samples, capacity)
        head = max(0, count - 1)
        newest = samples == 0 ? nil : time
        for _ in 0..<total {
            let name = try reader.text()
            guard places[name] == nil else { throw reader.failure("a node that stands twice") }
            add(name)
            for column in (columns.count - Series.allCases.count)..<columns.count {
                let values = try HistoryColumn.read(samples, from: &reader).suffix(capacity)
                columns[column].replaceSubrange(0..<values.count, with: values)
            }
            try gpus.read(name, gpuSteps(in: samples), from: &reader)
        }
        guard reader.remaining == 0 else { throw reader.failure("bytes after the end of a history") }
    }
}
