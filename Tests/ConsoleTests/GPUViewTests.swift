import GatewayCore
import Testing

@testable import Console

/// What a GPU's memory holds, who comes first, what is not known.
struct GPUViewTests {
    private func screen(_ snapshot: Snapshot, _ size: Size = Size(80, 24)) -> Screen {
        var screen = Screen(size, snapshot)
        screen.type("9")
        return screen
    }

    private func rows(_ screen: Screen) -> [String] {
        screen.text.split(separator: "\n").map(String.init).filter { $0.dropFirst().hasPrefix("engine-") }
    }

    /// Two GPUs of 80 GB, 70 used, with a pool of 100,000 tokens of 327,680 bytes, half of it in use.
    private static var node: NodeStatus {
        var node = SampleFleet.snapshot(nodes: 1).nodes[0]
        node.models = ["meta-llama/Llama-3.3-70B-Instruct"]
        node.kvCapacityTokens = 100_000
        node.kvUsage = 0.5
        node.kvEvents = nil
        for index in node.gpus.indices {
            node.gpus[index].memoryTotalBytes = 80e9
            node.gpus[index].memoryUsedBytes = 70e9
            node.gpus[index].memoryReservedBytes = 1e9
        }
        return node
    }

    @Test func `a node with more GPUs than its view has rows for says how many there are besides`() {
        var snapshot = SampleFleet.snapshot(nodes: 2, second: 5)
        let gpu = snapshot.nodes[0].gpus[0]
        var screen = Screen(Size(80, 24), snapshot)
        screen.type("2")
        #expect(!screen.text.contains("shows every GPU"))
        snapshot.nodes[0].gpus = Array(repeating: gpu, count: 8)
        screen.show(snapshot)
        #expect(screen.text.contains("7 more; 9 shows every GPU"))
    }

    @Test func `memory is split into weights, KV in use, KV free and free, in bytes`() throws {
        let split = HBMSplit(Self.node.gpus[0], of: Self.node)
        let pool = 100_000 * 327_680.0 / 2
        #expect(split.kvActive == pool / 2)
        #expect(split.kvCached == nil, "no events tell what is cached")
        #expect(split.kvFree == pool / 2)
        #expect(split.other == 70e9 - pool)
        #expect(split.free == 9e9)
        let parts = [split.other, split.kvActive, split.kvFree, split.free, split.reserved].compactMap { $0 }
        #expect(parts.reduce(0, +) == split.total)
    }

    @Test func `prefixes that are kept are told where KV events tell the whole cache`() throws {
        var node = Self.node
        var feed = KVFeedStatus()
        (feed.isLive, feed.isWhole, feed.blockSize, feed.blocks) = (true, true, 16, 5_000)
        node.kvEvents = feed
        let pool = 100_000 * 327_680.0 / 2
        let split = HBMSplit(node.gpus[0], of: node)
        #expect(abs((split.kvCached ?? 0) - 0.3 * pool) < 1)
        #expect(abs((split.kvFree ?? 0) - 0.2 * pool) < 1)
        feed.isWhole = false
        node.kvEvents = feed
        #expect(HBMSplit(node.gpus[0], of: node).kvCached == nil)
    }

    @Test func `of an unknown model, or a pool that can't be, only used and free are known`() {
        var node = Self.node
        node.models = ["acme/secret-9b"]
        #expect(HBMSplit(node.gpus[0], of: node).kvActive == nil)
        node.models = Self.node.models
        node.kvCapacityTokens = 9_000_000
        let split = HBMSplit(node.gpus[0], of: node)
        #expect(split.kvActive == nil && split.other == nil && split.free == 9e9)
    }

    @Test func `what is missing is -- and never 0`() {
        var snapshot = SampleFleet.snapshot(nodes: 2, second: 5)
        snapshot.nodes[0].gpus = []
        snapshot.nodes[1].gpus = [GPUReading()]
        for size in [Size(80, 24), Size(200, 50)] {
            for row in rows(screen(snapshot, size)) {
                #expect(row.contains("--"))
                let name = row.dropFirst(14)
                #expect(!name.split(separator: " ").dropFirst().contains("0"), "\(row)")
            }
        }
    }

    @Test func `the worst come first, the others keep the fleet's order`() {
        var snapshot = SampleFleet.snapshot(nodes: 4, second: 5)
        snapshot.nodes[3].gpus[1].lastXid = 79
        snapshot.nodes[2].gpus[0].temperatureCelsius = 85
        snapshot.nodes[1].gpus[1].throttleReasons = 0x40
        let names = visibleGPUs(snapshot.nodes).map { "\(snapshot.nodes[$0.node].name)/\($0.number ?? -1)" }
        #expect(
            names.prefix(5) == ["engine-2/1", "engine-4/1", "engine-3/0", "engine-1/0", "engine-1/1"])
        let text = screen(snapshot).text
        #expect(text.contains("3 need eyes") && text.contains("HW-heat"))
        #expect(text.contains("hottest engine-3 GPU 0 85 C"))
    }

    @Test func `power and heat have a past beside their numbers, with gaps, and -- where nothing is known`() {
        var history = History(capacitySeconds: 600)
        for second in 0..<60 {
            var snapshot = SampleFleet.snapshot(nodes: 2, second: second)
            for gpu in 0..<2 {
                snapshot.nodes[0].gpus[gpu].powerWatts = second < 20 ? 90 : second < 40 ? nil : 690
                snapshot.nodes[0].gpus[gpu].temperatureCelsius = second < 20 ? 30 : second < 40 ? nil : 90
                snapshot.nodes[1].gpus[gpu].powerWatts = nil
            }
            history.record(snapshot)
        }
        let snapshot = SampleFleet.snapshot(nodes: 2, second: 60)
        var screen = Screen(Size(200, 50), snapshot, history: history)
        screen.type("9")
        let text = screen.text
        #expect(text.contains("WATT TREND") && text.contains("TEMP TREND") && text.contains("10 s a column"))
        let lines = rows(screen)
        #expect(lines[0].contains("▁▁  ▇") && lines[0].contains("▃▃  ▇"), "\(lines[0])")
        #expect(lines[2].contains("-- ") && !lines[2].contains("▁"), "\(lines[2])")
        screen.state.size = Size(80, 24)
        #expect(!screen.text.contains("TREND") && rows(screen)[0].contains("434"))
    }

    @Test(arguments: [
        (0, "none"), (1, "idle"), (4, "power"), (0x24, "heat power"), (0x48, "HW HW-heat"),
    ])
    func `why clocks are held is told in words, the worst first`(_ bits: Int, _ words: String) {
        var gpu = GPUReading()
        #expect(ThrottleReason.words(gpu) == "--")
        gpu.throttleReasons = bits
        #expect(ThrottleReason.words(gpu) == words)
    }

    @Test func `the selection goes from GPU to GPU and opens its node`() {
        var screen = screen(SampleFleet.snapshot(nodes: 8, second: 5))
        screen.press(.home, .down, .down, .down)
        #expect(screen.state.selectedNode == "engine-2" && screen.state.selectedGPU == 1)
        screen.press(.enter)
        #expect(screen.state.view == .node && screen.state.selectedNode == "engine-2")
        for key in "dwX" {
            screen.type("9")
            screen.press(.character(key))
            #expect(screen.state.dialog == nil, "\(key) is for nodes")
        }
    }

    @Test func `a thousand nodes keep the selection in sight`() {
        var screen = screen(SampleFleet.snapshot(nodes: 1_000, second: 5))
        screen.press(.end)
        #expect(screen.state.selectedNode == "engine-1000" && screen.state.selectedGPU == 1)
        #expect(rows(screen).last?.hasPrefix("▸engine-1000") == true)
        #expect(rows(screen).count >= 12)
    }

    @Test(arguments: [0, 1, 7, 12, 40])
    func `parts of a bar are never more than the whole`(_ width: Int) {
        for shares in [[0.33, 0.33, 0.34], [0.5, 0.9], [0.04, 0.04, 0.04, 0.88], [1.5], [-1, .nan, 0.5]] {
            let columns = Bars.parts(shares, width: width)
            #expect(columns.reduce(0, +) <= width && columns.allSatisfy { $0 >= 0 })
        }
    }
}
