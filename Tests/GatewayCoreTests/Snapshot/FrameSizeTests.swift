import GatewayCore
import Testing

/// A fleet as a gateway shows it: every number that an engine and a GPU tell, with all their digits.
func busySnapshot(nodes: Int, seed: UInt64) -> Snapshot {
    var random = SeededGenerator(state: seed)
    func share() -> Double { Double.random(in: 0...1, using: &random) }
    var snapshot = Snapshot()
    snapshot.sequence = 1
    snapshot.time = 1_790_000_000.5
    snapshot.gateway.policies = ["round-robin", "prefix-affinity"]
    snapshot.nodes = (0..<nodes).map { index in
        var node = NodeStatus()
        node.name = "decode-\(index)"
        node.url = "http://10.0.\(index / 256).\(index % 256):8000"
        node.state = .serving
        node.zone = "eu-1a"
        node.models = ["meta-llama/Llama-3.3-70B-Instruct"]
        node.engine = .vllm
        node.engineVersion = "0.11.0"
        node.trafficShare = 1 / Double(nodes)
        var gpu = GPUReading()
        gpu.uuid = "GPU-\(index)-5c0b2a7e-8a0f-4c0e-9b1a-3f1d2c4b5a69"
        gpu.index = 0
        gpu.name = "NVIDIA H100 80GB HBM3"
        gpu.memoryUsedBytes = Double(70_000_000_000 + index)
        gpu.memoryTotalBytes = 85_520_809_984
        gpu.utilization = share()
        gpu.tensorActive = share()
        gpu.memoryActive = share()
        gpu.powerWatts = 400 + share() * 200
        gpu.powerLimitWatts = 700
        gpu.temperatureCelsius = 61
        gpu.energyJoules = share() * 1e9
        node.gpus = [gpu]
        node.running = 31
        node.waiting = 4
        node.active = 30
        node.kvUsage = share()
        node.kvCapacityTokens = 412_000
        node.hbmUsedBytes = gpu.memoryUsedBytes
        node.hbmTotalBytes = gpu.memoryTotalBytes
        node.prefixHitRate = share()
        node.prefixHitRateLifetime = share()
        node.ttft = LatencySummary(p50: share(), p99: 1 + share(), count: 1234)
        node.tpot = LatencySummary(p50: share() / 50, p99: share() / 10, count: 1234)
        node.e2e = LatencySummary(p50: share() * 10, p99: share() * 60, count: 1234)
        node.engineTTFT = node.ttft
        node.engineTPOT = node.tpot
        node.tokensPerSecond = share() * 3000
        node.promptTokensPerSecond = share() * 30_000
        node.requestsPerSecond = share() * 9
        node.dollarsPerHour = 2.49
        node.dollarsPerMillionTokens = share()
        node.completed = 90_000
        node.readingAgeSeconds = share()
        return node
    }
    return snapshot
}

struct FrameSizeTests {
    @Test func `a node takes under 1 KB and a delta only what changed`() throws {
        let count = 1000
        var snapshot = busySnapshot(nodes: count, seed: 1)
        var encoder = FrameEncoder()
        var decoder = FrameDecoder()
        let clock = ContinuousClock()

        var key: [UInt8] = []
        let keyTime = try clock.measure { key = try encoder.frame(of: snapshot) }
        let readTime = try clock.measure { _ = try decoder.apply(key) }
        #expect(key.count < count * 1000)

        snapshot.sequence += 1
        for index in stride(from: 0, to: count, by: 100) { snapshot.nodes[index].kvUsage = 0.123456 }
        var few: [UInt8] = []
        let fewTime = try clock.measure { few = try encoder.frame(of: snapshot) }
        #expect(few.count < 1000)
        #expect(try decoder.apply(few) == snapshot)

        snapshot.sequence += 1
        for index in snapshot.nodes.indices {
            snapshot.nodes[index].readingAgeSeconds = 0.2 + Double(index) / 1777
            snapshot.nodes[index].tokensPerSecond = 1000 + Double(index) / 1777
        }
        var all: [UInt8] = []
        let allTime = try clock.measure { all = try encoder.frame(of: snapshot) }
        #expect(all.count < key.count / 8)
        let allReadTime = try clock.measure { _ = try decoder.apply(all) }
        #expect(decoder.snapshot == snapshot)

        snapshot.sequence += 1
        #expect(try encoder.frame(of: snapshot).count < 100)
        print(
            "\(count) nodes: key \(key.count) bytes, made in \(keyTime), read in \(readTime); 1% changed \(few.count)"
                + " bytes, \(fewTime); 2 fields of each \(all.count) bytes, \(allTime), read in \(allReadTime)"
        )
    }
}
