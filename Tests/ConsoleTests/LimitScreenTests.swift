import GatewayCore
import Testing

@testable import Console

/// The levers of admission: a node's limit and the queue's capacity.
struct LimitScreenTests {
    /// engine-1 has 30 requests of this gateway, half of its KV in use by 20 that run.
    private static func snapshot(_ edit: (inout Snapshot) -> Void = { _ in }) -> Snapshot {
        var snapshot = SampleFleet.snapshot(nodes: 4, second: 60)
        snapshot.gateway.queueCapacity = 512
        snapshot.gateway.configuredQueueCapacity = 1024
        snapshot.nodes[0].active = 30
        snapshot.nodes[0].running = 20
        snapshot.nodes[0].kvUsage = 0.5
        for index in 1..<4 {
            snapshot.nodes[index].limit = 10
            snapshot.nodes[index].active = 5
        }
        edit(&snapshot)
        return snapshot
    }

    @Test func `the dialog tells who is above the limit, what KV it would fill, and places before and after`()
    {
        var screen = Screen(Size(80, 24), Self.snapshot())
        screen.type("l16")
        #expect(screen.text.contains("now none   configured none   new 16"), "\(screen.text)")
        #expect(screen.text.contains("engine-1 30 now; the 14 above the limit finish"), "\(screen.text)")
        #expect(screen.text.contains("KV 50% now, ~40% when as many run"), "\(screen.text)")
        #expect(screen.text.contains("no end -> 46, 45 taken"), "\(screen.text)")
        screen.type("y")
        #expect(screen.submitted.map(\.command) == [.setLimit(node: "engine-1", requests: 16)])
    }

    @Test func `steps begin at what is in flight, none is a choice, c is the configuration's`() {
        var screen = Screen(Size(80, 24), Self.snapshot { $0.nodes[0].configuredLimit = 64 })
        func limit() -> Int?? {
            guard case .limit(_, let draft) = screen.state.dialog?.kind else { return nil }
            return .some(draft.value)
        }
        screen.type("l")
        #expect(limit() == .some(nil))
        screen.type("-")
        #expect(limit() == 29)
        screen.press(.left, .left, .left)
        #expect(limit() == 1, "a limit of 0 would be a drain")
        screen.type("n")
        #expect(limit() == .some(nil))
        screen.type("c")
        #expect(limit() == 64)
        screen.type("ny")
        #expect(screen.submitted.map(\.command) == [.setLimit(node: "engine-1", requests: nil)])
    }

    @Test func `marked nodes get the same limit, for a while if so wished`() {
        var screen = Screen(Size(80, 24), Self.snapshot())
        screen.type("  l8ty")
        screen.take(.result(CommandResult(accepted: true, message: "done", configurationVersion: 8)))
        #expect(
            screen.submitted.map(\.command) == [
                .setLimit(node: "engine-1", requests: 8), .setLimit(node: "engine-2", requests: 8),
            ])
        #expect(screen.submitted.map(\.trySeconds) == [300, 300])
    }

    @Test func `marked nodes that the filter hides are named`() {
        var screen = Screen(Size(120, 40), Self.snapshot())
        screen.type("  /engine-1")
        screen.press(.enter)
        screen.type("l8")
        #expect(
            screen.text.contains("1 of 2 marked nodes are hidden by the filter: engine-2"), "\(screen.text)")
    }

    @Test(arguments: [
        (":limit engine-2 12", Command.setLimit(node: "engine-2", requests: 12)),
        (":limit engine-2 none", .setLimit(node: "engine-2", requests: nil)),
        (":limit none", .setLimit(node: "engine-1", requests: nil)),
        (":limit 3", .setLimit(node: "engine-1", requests: 3)),
        (":queue-capacity 64", .setQueueCapacity(requests: 64)),
    ])
    func `the palette takes the number`(_ line: String, _ command: Command) {
        var screen = Screen(Size(80, 24), Self.snapshot())
        screen.type(line)
        screen.press(.enter)
        screen.type("y")
        #expect(screen.submitted.map(\.command) == [command])
    }

    @Test(arguments: [
        (":limit engine-2 0", "give 1 to 100000 or none"),
        (":limit engine-2 many", "give 1 to 100000 or none"),
        (":limit nobody 3", "no node named nobody"), (":weight engine-2 101", "give 0 to 100"),
        (":queue-capacity 70000", "give 0 to 65536"), (":queue-capacity much", "takes a number, not much"),
    ])
    func `the palette says what is wrong with a number`(_ line: String, _ words: String) {
        var screen = Screen(Size(80, 24), Self.snapshot())
        screen.type(line)
        screen.press(.enter)
        #expect(screen.state.dialog == nil && screen.text.contains(words), "\(screen.text)")
    }

    @Test func `the queue's dialog tells who waits, who is above the capacity, and what was refused`() {
        let snapshot = Self.snapshot {
            var queue = QueueStatus()
            queue.model = "llama"
            queue.normal = 12
            $0.queues = [queue]
            $0.totals.queueFull = 3
        }
        var screen = Screen(Size(80, 24), snapshot)
        screen.type(":queue-capacity 4")
        screen.press(.enter)
        #expect(screen.text.contains("now 512   configured 1024   new 4"), "\(screen.text)")
        #expect(screen.text.contains("llama 12 now; the 8 above it stay"), "\(screen.text)")
        #expect(screen.text.contains("3 since the start"))
        screen.type("c")
        #expect(screen.text.contains("new 1024"))
        screen.type("0y")
        #expect(screen.submitted.map(\.command) == [.setQueueCapacity(requests: 0)])
    }

    @Test func `the queues view tells limits and the capacity, the node view what is not as configured`() {
        var screen = Screen(Size(200, 50), Self.snapshot { $0.nodes[1].configuredLimit = 20 })
        screen.type("8")
        #expect(
            screen.text.contains("5/10") && screen.text.contains("of each model 512 may"), "\(screen.text)")
        screen.press(.down)
        screen.type("2")
        #expect(screen.text.contains("10 requests at once, configured 20"), "\(screen.text)")
    }
}
