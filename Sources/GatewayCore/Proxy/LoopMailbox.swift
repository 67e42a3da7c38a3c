import Synchronization

/// What control tells a loop.
package enum LoopCommand: Sendable {
    /// End the streams on a node with an error event.
    case cut(node: Int)
    /// Carry the streams on a node on elsewhere; what cannot be carried on stays.
    case migrate(node: Int)
    /// End every request of these sessions, told by the hashes of their ids (`PromptHash.of`), and of those they began.
    case cancel(sessions: Set<UInt64>)
    /// End one request.
    case cancelStream(UInt64)
    /// Tell the names of tenants and sessions again: the ledger has forgotten some.
    case tellNames
    /// Accept no more connections; keep-alive connections end after their answer.
    case stopAccepting
    /// Return from the loop.
    case exit
}

/// What a loop did since it began.
package struct LoopCounters: Sendable {
    package var requests: UInt64 = 0
    package var completed: UInt64 = 0
    package var cancelled: UInt64 = 0
    package var failed: UInt64 = 0
    package var refused: UInt64 = 0
    package var retried: UInt64 = 0
    /// Streams that another node went on with, each time.
    package var migrated: UInt64 = 0
    /// Of them: not exactly, by the operator's leave.
    package var migratedInexactly: UInt64 = 0
    /// Streams that could not be continued had their node failed.
    package var notMigratable: UInt64 = 0
    /// Readers that were closed since they read too slowly.
    package var slowReaders: UInt64 = 0
    /// Failed attempts that were not sent again since the budget for that was spent.
    package var retriesDenied: UInt64 = 0
    /// Requests refused or put out since their queue was full.
    package var queueFull: UInt64 = 0
    /// Requests that waited for limits.queueSeconds.
    package var queueExpired: UInt64 = 0
    /// Requests refused or put out to save memory.
    package var shed: UInt64 = 0
    /// Connections that were turned away at the limit.
    package var connectionsRefused: UInt64 = 0
    /// Times that accepting paused since descriptors ran short.
    package var acceptPauses: UInt64 = 0
    /// Settlements that control was too slow to take.
    package var settlementsDropped: UInt64 = 0
    package init() {}
}

/// A fault in a stream, for the operator: an event with node, request and evidence.
package struct FaultNotice: Sendable {
    package var fault: StreamFault
    /// Index of the node.
    package var node: Int
    package var stream: UInt64
    /// The bytes or the figure that show it, at most 120 characters.
    package var evidence: String
}

/// What a loop shows of itself, a few times a second.
package struct LoopReport: Sendable {
    package var counters = LoopCounters()
    package var connections = 0
    package var active = 0
    package var queued = 0
    /// Clients that have not taken all of a complete answer.
    package var flushing = 0
    /// Made after the loop was told to stop, so that `active` and `queued` can only fall.
    package var isStopping = false
    /// The oldest ones, at most `Snapshot.listLimit`.
    package var streams: [StreamStatus] = []
    /// Of each of `streams`; nil: its body is still to come, nobody knows yet.
    package var payers: [Payers?] = []
    /// Age in seconds of the oldest request on each node; nil: none.
    package var oldestAge: [Double?] = []
    package init() {}
}

/// Where one loop and control meet. Neither waits for the other longer than for a copy.
package final class LoopMailbox: Sendable {
    static let settlementLimit = 65_536
    static let decisionLimit = 64
    static let faultLimit = 64

    let waker = Waker()
    private let commands = Mutex<[LoopCommand]>([])
    private let commandsSent = Atomic<Int>(0)
    private let commandsDone = Atomic<Int>(0)
    private let requestsCancelled = Atomic<Int>(0)
    private let faultsBeyondLimit = Atomic<Int>(0)
    private let report = Mutex(LoopReport())
    private let settlements = Mutex<(ended: [Settlement], names: [PayerName])>(([], []))
    private let decisions = Mutex<[DecisionRecord]>([])
    private let faults = Mutex<[FaultNotice]>([])
    private let fleetSeen = Atomic<Int>(-1)
    private let exited = Atomic<Bool>(false)

    package init() {}

    package func send(_ command: LoopCommand) {
        commandsSent.add(1, ordering: .relaxed)
        commands.withLock { $0.append(command) }
        waker.wake()
    }

    func takeCommands() -> [LoopCommand] { commands.withLock { take(&$0) } }

    /// The loop has carried out so many commands.
    func did(_ commands: Int) { commandsDone.add(commands, ordering: .releasing) }

    /// Every command that was sent is carried out. Asked by the thread that sends them.
    package var hasDoneAll: Bool {
        commandsDone.load(ordering: .acquiring) == commandsSent.load(ordering: .relaxed)
    }

    /// Requests that an operator ended, since the loop began.
    package var cancelled: Int { requestsCancelled.load(ordering: .relaxed) }
    func cancelledOne() { requestsCancelled.add(1, ordering: .relaxed) }

    package func wake() { waker.wake() }

    /// The version of the fleet that the loop routes by.
    package var fleetVersion: Int { fleetSeen.load(ordering: .acquiring) }
    func sawFleet(_ version: Int) { fleetSeen.store(version, ordering: .releasing) }

    package var hasExited: Bool { exited.load(ordering: .acquiring) }
    func exit() { exited.store(true, ordering: .releasing) }

    package var latestReport: LoopReport { report.withLock { $0 } }
    func publish(_ new: LoopReport) { report.withLock { $0 = new } }

    package func takeSettlements() -> (ended: [Settlement], names: [PayerName]) {
        settlements.withLock { (take(&$0.ended), take(&$0.names)) }
    }

    /// Hands settlements over, with the names that they are the first to need; returns how many found no room.
    func hand(over new: inout [Settlement], _ newNames: inout [PayerName]) -> Int {
        guard !new.isEmpty else { return 0 }
        let batch = take(&new)
        let names = take(&newNames)
        return settlements.withLock { lists in
            let room = min(batch.count, Self.settlementLimit - lists.ended.count)
            lists.ended.append(contentsOf: batch.prefix(room))
            lists.names.append(contentsOf: names.prefix(2 * Self.settlementLimit - lists.names.count))
            return batch.count - room
        }
    }

    package func takeDecisions() -> [DecisionRecord] { decisions.withLock { take(&$0) } }

    func hand(over decision: DecisionRecord) {
        decisions.withLock { if $0.count < Self.decisionLimit { $0.append(decision) } }
    }

    package func takeFaults() -> [FaultNotice] { faults.withLock { take(&$0) } }

    func hand(over fault: FaultNotice) {
        let hasRoom = faults.withLock { list in
            guard list.count < Self.faultLimit else { return false }
            list.append(fault)
            return true
        }
        if !hasRoom { faultsBeyondLimit.add(1, ordering: .relaxed) }
    }

    /// Faults that control was too slow to take: they are in no node's count.
    package var faultsDropped: Int { faultsBeyondLimit.load(ordering: .relaxed) }

    private func take<T>(_ list: inout [T]) -> [T] {
        let all = list
        list = []
        return all
    }
}

/// What all loops share: atomics, the prefix index and the current fleet; nothing else.
package final class ProxyShared: Sendable {
    package let fleet: CurrentFleet
    package let prefixIndex: PrefixIndex
    /// What nodes hold, exactly, where their KV events are read.
    package let presence: KVPresence
    package let madeIDs = NodeMemory()
    package let sessions = NodeMemory()
    package let mailboxes: [LoopMailbox]
    package let waitingRoom: WaitingRoom
    package let overload = OverloadSignal()
    package let shadow = ShadowMailbox()
    package let tuning = TuningDesk()
    package let forecasts = ForecastDesk()
    let hash: PromptHash
    /// Streams are numbered from here.
    let nextID = Atomic<UInt64>(1)
    /// Bodies, ids and texts that are kept so that streams can go on elsewhere.
    package let retainedBytes = Atomic<Int>(0)
    let metrics = MetricsDesk()

    /// - Parameter nodes: how many there will be.
    package init(
        fleet: Fleet, loops: Int, secret: UInt64, presence: KVPresence, routing: RoutingSettings,
        nodes: Int, queueSeconds: Double
    ) {
        self.fleet = CurrentFleet(fleet)
        prefixIndex = PrefixIndex(byteLimit: PrefixIndex.byteLimit(nodes: nodes))
        self.presence = presence
        mailboxes = (0..<loops).map { _ in LoopMailbox() }
        waitingRoom = WaitingRoom(queueSeconds: queueSeconds)
        hash = PromptHash(key: secret, blockBytes: routing.blockBytes)
    }
}
