/// What is kept of every GPU.
package enum GPUSeries: Int, CaseIterable, Sendable {
    case power, temperature

    /// What one step of a sample is worth, in watts and degrees Celsius.
    var unit: Double {
        switch self {
        case .power: 8
        case .temperature: 1
        }
    }

    func value(of gpu: GPUReading) -> Double? {
        switch self {
        case .power: gpu.powerWatts
        case .temperature: gpu.temperatureCelsius
        }
    }
}

/// The past of every GPU: the last value of every ten seconds, in a byte. Heat is slow, and eight GPUs a node at once
/// a second would take as much as all that `History` keeps of the nodes.
///
/// A ring for each series of each GPU; where a sample stands follows from its time alone.
struct GPUHistory: Sendable, Equatable {
    static let secondsPerSample = 10
    /// GPUs of a node beyond these have no past.
    static let mostGPUs = 8
    /// Of a node, rounded up.
    static let bytesPerNodeSecond =
        (mostGPUs * GPUSeries.allCases.count + secondsPerSample - 1) / secondsPerSample
    private static let missing = UInt8.max

    private let capacity: Int
    private var rings: [String: [[UInt8]]] = [:]

    init(capacitySeconds: Int) {
        capacity = (capacitySeconds + Self.secondsPerSample - 1) / Self.secondsPerSample + 1
    }

    var byteCount: Int { rings.values.reduce(0) { $0 + $1.count } * capacity }

    /// Forgets what stood where the samples after `last` will.
    mutating func begin(_ second: Int, after last: Int) {
        let (old, new) = (last / Self.secondsPerSample, second / Self.secondsPerSample)
        for step in max(old + 1, new - capacity + 1)..<(new + 1) {
            for name in rings.keys {
                for ring in rings[name, default: []].indices {
                    rings[name, default: []][ring][step % capacity] = Self.missing
                }
            }
        }
    }

    mutating func record(_ node: NodeStatus, at second: Int) {
        guard !node.isStale, !node.gpus.isEmpty else { return }
        let gpus = node.gpus.prefix(Self.mostGPUs)
        let slot = second / Self.secondsPerSample % capacity
        makeRoom(node.name, gpus: gpus.count)
        for (number, gpu) in gpus.enumerated() {
            for series in GPUSeries.allCases {
                guard let value = series.value(of: gpu), !value.isNaN else { continue }
                let ring = Self.ring(series, number)
                rings[node.name, default: []][ring][slot] = Self.sample(value / series.unit)
            }
        }
    }

    private mutating func makeRoom(_ node: String, gpus: Int) {
        while rings[node, default: []].count < gpus * GPUSeries.allCases.count {
            rings[node, default: []].append(Array(repeating: Self.missing, count: capacity))
        }
    }

    mutating func keep(_ wanted: Set<String>) { rings = rings.filter { wanted.contains($0.key) } }

    /// How many GPUs of a node have a past.
    func count(of node: String) -> Int { (rings[node]?.count ?? 0) / GPUSeries.allCases.count }

    /// Oldest first, of these tens of seconds since 1970.
    func values(_ steps: Range<Int>, of series: GPUSeries, gpu number: Int, node: String) -> [Double?] {
        guard let ring = rings[node]?[Self.ring(series, number)] else { return [] }
        return steps.map { step in
            let sample = ring[step % capacity]
            return sample == Self.missing ? nil : Double(sample) * series.unit
        }
    }

    private static func ring(_ series: GPUSeries, _ number: Int) -> Int {
        number * GPUSeries.allCases.count + series.rawValue
    }

    private static func sample(_ value: Double) -> UInt8 {
        UInt8(min(max(value.rounded(), 0), Double(missing - 1)))
    }
}

// On the wire: the number of GPUs, then each one's columns.
extension GPUHistory {
    func write(_ node: String, _ steps: Range<Int>, into writer: inout ByteWriter) {
        writer.count(count(of: node))
        for ring in rings[node] ?? [] {
            let samples = steps.map { ring[$0 % capacity] }
            HistoryColumn.write(samples.map { $0 == Self.missing ? .nan : Float16($0) }, into: &writer)
        }
    }

    mutating func read(_ node: String, _ steps: Range<Int>, from reader: inout ByteReader)
        throws(MalformedBytes)
    {
        makeRoom(node, gpus: try reader.count(upTo: Self.mostGPUs))
        for ring in rings[node, default: []].indices {
            let samples = try HistoryColumn.read(steps.count, from: &reader)
            for (step, sample) in zip(steps, samples).suffix(capacity) where !sample.isNaN {
                rings[node, default: []][ring][step % capacity] = Self.sample(Double(sample))
            }
        }
    }
}
