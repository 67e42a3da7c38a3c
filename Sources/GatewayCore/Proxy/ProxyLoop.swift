import Synchronization

/// One event loop of the data plane: it owns its connections outright.
///
/// Accept → inspect → admit → route → relay → settle: an extension and a file for each. Run it from a local variable
/// on a thread of its own.
package struct ProxyLoop: ~Copyable {
    /// One read of a response.
    static let readSize = 131_072
    /// One read of a request.
    static let requestReadSize = 16_384
    /// One read of the rest of a body.
    static let bodyReadSize = 262_144
    /// How long a connection that ends is read on, so that its client gets the answer.
    static let lingerSeconds = 2.0
    /// More than this of a request waiting for its engine stops the reading from its client.
    static let highWater = 262_144
    /// A piece up to this is copied, so that it goes out with another one or a little later.
    static let smallPiece = 4096
    static let reportInterval: UInt64 = 250_000_000

    enum Kind: UInt64 { case listener = 0, waker = 1, client = 2, upstream = 3, streams = 4 }

    let number: Int
    let limits: GatewayLimits
    let shared: ProxyShared
    let prompts: PromptMatch
    let mailbox: LoopMailbox
    var poller = Poller()
    /// In `poller`: connections of engines from a stream's first token on. They are relayed a batch at a time, so that under
    /// load requests and first tokens don't wait behind the tokens of all that is streaming.
    var streams = Poller(eventsPerTurn: 16)
    private var hasStreamEvents = false
    var listener: Descriptor?
    var isAccepting = false
    /// Tick at which accepting goes on after the system ran out of descriptors.
    var acceptsAgain: UInt64 = 0
    let descriptors: DescriptorHeadroom
    /// Connections to engines have descriptors from here on, so that pages of slots are full of one kind.
    let upstreamsFrom: Int32
    /// The number of the client connection that was last accepted, or the lowest free one.
    var lastAccepted: Int32 = 0
    var clients: Pool<Client>
    var upstreams: Pool<Upstream>
    var clientTimers: TimerWheel
    var upstreamTimers: TimerWheel
    var now: UInt64
    var fleet: Fleet
    var policies: ModelPolicies
    var random: SplitMix64
    /// Idle upstream connections by node, the last used one at the end.
    var idle: [[Int32]] = []
    var inbox = ByteQueue(capacity: ProxyLoop.readSize)
    var payload = ByteQueue(capacity: ProxyLoop.readSize)
    var outbox = ByteQueue(capacity: ProxyLoop.readSize)
    var chain: [UInt64] = []
    var depths: [Int32] = []
    var candidates: [Candidate] = []
    /// Clients whose request ended in this turn and that may have another one in their input.
    var ready: [Int32] = []
    /// Clients and engines for whom something small was put off, and connections to engines that were begun.
    var unsentAnswers: [Int32] = []
    var unsentRequests: [Int32] = []
    /// Of this loop's requests: in the waiting room.
    var queuedCount = 0
    /// A place may have become free since those who wait were last looked at.
    var admitDue = false
    var nextAdmit: UInt64 = 0
    var retryBudget: RetryBudget
    var nextOverdue: UInt64 = 0
    /// Streams that are to go on elsewhere and that no node can take now: descriptor, id, until when they wait.
    var stranded: [(fd: Int32, id: UInt64, until: UInt64)] = []
    var strandedVersion = -1
    var nextStranded: UInt64 = 0
    var firstActive: Int32 = -1
    var lastActive: Int32 = -1
    var activeCount = 0
    /// Clients that have not taken all of a complete answer.
    var flushingCount = 0
    var connectionCount = 0
    var counters = LoopCounters()
    var settlements: [Settlement] = []
    /// Of payers in `settlements`.
    var names: [PayerName] = []
    var toldNames = ToldNames()
    /// Bytes for each token by model, learned from usage.
    var bytesPerToken = BytesPerToken()
    var costClock = CostClock()
    var nextReport: UInt64 = 0
    var nextDecision: UInt64 = 0
    var isStopping = false
    var hasExited = false

    package init(
        number: Int, listener: consuming Descriptor, shared: ProxyShared, limits: GatewayLimits,
        openFileLimit: Int, seed: UInt64, now: UInt64
    ) {
        self.number = number
        self.limits = limits
        self.shared = shared
        prompts = PromptMatch(
            index: shared.prefixIndex, sessions: shared.sessions, presence: shared.presence)
        mailbox = shared.mailboxes[number]
        self.listener = consume listener
        descriptors = DescriptorHeadroom(limit: openFileLimit)
        upstreamsFrom = Int32(min(openFileLimit / 2, 16_384))
        clients = Pool(capacity: openFileLimit) { Client() }
        upstreams = Pool(capacity: openFileLimit) { Upstream() }
        clientTimers = TimerWheel(now: now)
        upstreamTimers = TimerWheel(now: now)
        self.now = now
        retryBudget = RetryBudget(
            share: limits.retryShare, perSecond: limits.retriesPerSecond, loops: shared.mailboxes.count)
        fleet = shared.fleet.value
        policies = ModelPolicies(fleet.policies)
        random = SplitMix64(seed: seed)
        poller.add(mailbox.waker.fd, token: Self.token(.waker, generation: 0, mailbox.waker.fd), .read)
        poller.add(streams, token: Self.token(.streams, generation: 0, -1))
        resumeAccepting()
        fleetChanged()
    }

    static func token(_ kind: Kind, generation: UInt32, _ fd: Int32) -> UInt64 {
        kind.rawValue << 56 | UInt64(generation & 0xFF_FFFF) << 32 | UInt64(UInt32(bitPattern: fd))
    }

    /// Runs until control says `exit`.
    package mutating func run() {
        while !hasExited { turn() }
        mailbox.exit()
    }

    private mutating func turn() {
        let count = poller.wait(milliseconds: patience)
        now = MonotonicClock.now()
        if shared.fleet.refresh(&fleet) { fleetChanged() }
        for index in 0..<count {
            handle(poller.event(index))
            if index & 15 == 15 { sendUnsent() }
        }
        if hasStreamEvents { handleStreams() }
        sendUnsent()
        takeCommands()
        expireTimers()
        endOverdue()
        admitWaiting()
        if !stranded.isEmpty { retryStranded() }
        sendUnsent()
        while !ready.isEmpty {
            startReady()
            sendUnsent()
        }
        if acceptsAgain != 0, now >= acceptsAgain { resumeWithDescriptors() }
        if now >= nextReport { publishReport() }
    }

    private mutating func handleStreams() {
        hasStreamEvents = false
        for index in 0..<streams.wait(milliseconds: 0) { handle(streams.event(index)) }
    }

    /// Requests that were pipelined behind those that ended in this turn.
    private mutating func startReady() {
        while let fd = ready.popLast() {
            if clients[fd].phase == .head { advance(fd) }
        }
    }

    private mutating func handle(_ event: Poller.Event) {
        let fd = Int32(bitPattern: UInt32(truncatingIfNeeded: event.token))
        let generation = UInt32(truncatingIfNeeded: event.token >> 32) & 0xFF_FFFF
        switch Kind(rawValue: event.token >> 56) {
        case .listener: acceptConnections()
        case .waker:
            mailbox.waker.clear()
            admitDue = true
        case .client:
            guard clients[fd].generation & 0xFF_FFFF == generation, clients[fd].phase != .free else { return }
            handleClient(fd, event)
        case .upstream:
            guard upstreams[fd].generation & 0xFF_FFFF == generation, upstreams[fd].phase != .free else {
                return
            }
            handleUpstream(fd, event)
        case .streams: hasStreamEvents = true
        case nil: break
        }
    }

    private mutating func takeCommands() {
        let commands = mailbox.takeCommands()
        for command in commands {
            switch command {
            case .cut(let node):
                cutStreams(on: node, "the operator cut its streams")
            case .migrate(let node): moveStreams(off: node)
            case .cancel(let sessions): cancel(sessions)
            case .cancelStream(let id): cancel(stream: id)
            case .tellNames: toldNames.forget()
            case .stopAccepting:
                acceptConnections()  // those that the kernel has answered already
                isStopping = true
                pauseAccepting()
                listener = nil
                publishReport()
            case .exit:
                cutStreams(on: nil, "the gateway stops")
                hasExited = true
            }
        }
        if !commands.isEmpty { mailbox.did(commands.count) }
    }

    mutating func fleetChanged() {
        policies.follow(fleet.policies)
        while idle.count < fleet.nodes.count { idle.append([]) }
        while depths.count < fleet.nodes.count { depths.append(0) }
        costClock.prepare(nodes: fleet.nodes.count, now: now)
        admitDue = true
        mailbox.sawFleet(fleet.version)
    }

    private mutating func expireTimers() {
        while let head = clientTimers.takeDue(now: now) {
            var fd = head
            while fd >= 0 {
                let (next, hasExpired) = clientTimers.release(&clients[fd].timer)
                if clients[fd].phase != .free {
                    if hasExpired { clientExpired(fd) } else { clientTimers.file(fd, &clients[fd].timer) }
                }
                fd = next
            }
        }
        while let head = upstreamTimers.takeDue(now: now) {
            var fd = head
            while fd >= 0 {
                let (next, hasExpired) = upstreamTimers.release(&upstreams[fd].timer)
                if upstreams[fd].phase != .free {
                    if hasExpired {
                        upstreamExpired(fd)
                    } else {
                        upstreamTimers.file(fd, &upstreams[fd].timer)
                    }
                }
                fd = next
            }
        }
    }

    mutating func setClientDeadline(_ fd: Int32, seconds: Double) {
        clients[fd].timer.deadline = TimerWheel.tick(at: now + UInt64(seconds * 1e9)) + 1
        clientTimers.file(fd, &clients[fd].timer)
    }

    /// - Parameter instant: monotonic nanoseconds.
    mutating func setClientDeadline(_ fd: Int32, at instant: UInt64) {
        clients[fd].timer.deadline = TimerWheel.tick(at: instant) + 1
        clientTimers.file(fd, &clients[fd].timer)
    }

    mutating func setUpstreamDeadline(_ fd: Int32, seconds: Double) {
        upstreams[fd].timer.deadline = TimerWheel.tick(at: now + UInt64(seconds * 1e9)) + 1
        upstreamTimers.file(fd, &upstreams[fd].timer)
    }
}
