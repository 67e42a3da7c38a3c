/// Queue: a request that no node can take now waits in the gateway's waiting room, and leaves it when it is its turn.
extension ProxyLoop {
    /// Output that a tenant pays for in advance where the request does not say less.
    static let expectedOutput = 256

    /// It has a place free as far as this gateway may fill it, and has not asked to be left alone.
    func hasPlace(_ index: Int) -> Bool {
        let load = fleet.nodes[index].load
        guard !load.isBusy(now), fleet.nodes[index].breaker == .closed || !load.isProbing else {
            return false
        }
        guard let most = fleet.nodes[index].limit else { return true }
        return fleet.nodes[index].load.active < most
    }

    /// Others wait for the same model and could go: a newcomer does not overtake them.
    func isBehindOthers(_ fd: Int32, model: Int?) -> Bool {
        guard shared.waitingRoom.count > 0 else { return false }
        let key = model.map { fleet.models[$0].hash } ?? 0
        let holds = holdPlan(for: key) != nil
        return shared.waitingRoom.withQueue { [now] in
            holds ? $0.waiting(model: key) > 0 : $0.next(model: key, now: now) != nil
        }
    }

    // MARK: in

    /// Puts a request where it waits for a node, or refuses it at the limit.
    /// - Parameter notBefore: it is passed over until then.
    mutating func wait(_ fd: Int32, model: Int?, notBefore: UInt64 = 0) {
        if clients[fd].exchange.hasStarted { return strand(fd) }
        let key = model.map { fleet.models[$0].hash } ?? 0
        var entry = entry(for: fd, queue: key)
        entry.notBefore = notBefore
        if holdPlan(for: key) != nil, clients[fd].route == .inference {
            entry.request = routingRequest(fd, model: model)
            entry.chain = chain
        }
        let bounds = AdmissionQueue.Bounds(requests: fleet.queueCapacity, tokens: limits.queueTokens)
        let arrival = shared.waitingRoom.add(
            entry, model: key, name: clients[fd].exchange.model, bounds: bounds, now: now)
        switch arrival {
        case .full(let waiting, let tokens): refuseFull(fd, waiting, tokens)
        case .waits(let victims):
            clients[fd].phase = .queued
            clients[fd].exchange.isWaiting = true
            queuedCount += 1
            admitDue = true
            setQueueDeadline(fd)
            wakeLoops(of: victims)
        }
    }

    private mutating func setQueueDeadline(_ fd: Int32) {
        let until = clients[fd].exchange.queuedUntil
        guard clients[fd].exchange.isCommitted else { return setClientDeadline(fd, at: until) }
        setClientDeadline(fd, at: min(until, now + UInt64(limits.waitingSeconds * 1e9)))
    }

    private mutating func entry(for fd: Int32, queue: UInt64) -> AdmissionQueue.Entry {
        if clients[fd].exchange.queuedSince == 0 {
            clients[fd].exchange.queuedSince = now
            clients[fd].exchange.queuedUntil = now + UInt64(limits.queueSeconds * 1e9)
        }
        clients[fd].exchange.queue = queue
        var entry = AdmissionQueue.Entry(loop: number, fd: fd, id: clients[fd].exchange.id)
        entry.priority = clients[fd].exchange.priority
        entry.tenant = clients[fd].exchange.tenant
        entry.tokens = promptTokens(of: fd)
        entry.expectedOutput = min(clients[fd].facts.maxTokens ?? Self.expectedOutput, Self.expectedOutput)
        entry.bytes = clients[fd].input.count + clients[fd].decoded.count
        entry.since = clients[fd].exchange.queuedSince
        return entry
    }

    // MARK: out

    /// Lets in those whose turn it is: when a place became free, when the fleet changed, and ten times a second since
    /// nodes that asked to be left alone tell nobody when they are back.
    mutating func admitWaiting() {
        putOutEvicted()
        guard admitDue || now >= nextAdmit, shared.waitingRoom.count > 0 else { return }
        admitDue = false
        nextAdmit = now + TimerWheel.nanosecondsPerTick
        for model in shared.waitingRoom.withQueue({ $0.modelsWaiting }) {
            if let plan = holdPlan(for: model) { release(by: plan, model) } else { admitWaiting(for: model) }
        }
    }

    private mutating func admitWaiting(for model: UInt64) {
        while hasPlace(forModel: model) {
            guard let entry = shared.waitingRoom.withQueue({ [now] in $0.next(model: model, now: now) })
            else {
                return
            }
            // The order holds for all loops: whose turn it is, is woken, and nobody goes before.
            guard entry.loop == number else { return shared.mailboxes[entry.loop].wake() }
            letIn(entry, queue: model)
        }
    }

    private func hasPlace(forModel hash: UInt64) -> Bool {
        func isFree(_ index: Int) -> Bool { fleet.nodes[index].takesRequests && hasPlace(index) }
        guard hash != 0 else { return fleet.nodes.indices.contains(where: isFree) }
        guard let model = fleet.model(hash: hash) else {
            // Not served any more: those who wait are told.
            return fleet.unspecific.isEmpty || fleet.unspecific.contains(where: isFree)
        }
        return fleet.models[model].nodes.contains(where: isFree) || fleet.unspecific.contains(where: isFree)
    }

    mutating func letIn(_ entry: AdmissionQueue.Entry, queue: UInt64, planned: Candidate? = nil) {
        let fd = entry.fd
        guard clients[fd].exchange.id == entry.id, clients[fd].exchange.isWaiting else {
            return shared.waitingRoom.withQueue { $0.remove(entry.id, model: queue) }
        }
        guard case .model(let model) = matchModel(fd) else {
            return refuse(
                fd, 404, "the model is not served here any more", type: "invalid_request_error",
                code: "model_not_found")
        }
        guard hasOtherCandidate(fd, model: model), !waitsForPin(fd, model: model) else {
            let later = now + TimerWheel.nanosecondsPerTick
            return shared.waitingRoom.withQueue { $0.postpone(entry.id, model: queue, until: later) }
        }
        shared.waitingRoom.withQueue { [now] in $0.admitted(entry.id, model: queue, now: now) }
        endWaiting(fd)
        clients[fd].exchange.paidOutput = Int32(clamping: entry.expectedOutput)
        clients[fd].timer.deadline = .max
        if clients[fd].route == .upload {
            setClientDeadline(fd, seconds: limits.headerSeconds + limits.idleSeconds)
        }
        if !route(fd, model: model, planned: planned) { wait(fd, model: model) }
    }

    private mutating func endWaiting(_ fd: Int32) {
        clients[fd].exchange.isWaiting = false
        queuedCount -= 1
    }

    /// It ends without having got a node.
    mutating func leaveQueue(_ fd: Int32) {
        guard clients[fd].exchange.isWaiting else { return }
        endWaiting(fd)
        let (id, queue) = (clients[fd].exchange.id, clients[fd].exchange.queue)
        shared.waitingRoom.withQueue { $0.remove(id, model: queue) }
    }

    /// What its tenant paid in advance is set right.
    mutating func settleService(_ fd: Int32, output: Int) {
        guard let paid = clients[fd].exchange.paidOutput else { return }
        clients[fd].exchange.paidOutput = nil
        guard shared.waitingRoom.count > 0 else { return }
        let (tenant, queue) = (clients[fd].exchange.tenant, clients[fd].exchange.queue)
        shared.waitingRoom.withQueue {
            $0.settle(tenant: tenant, model: queue, unexpectedOutput: output - Int(paid))
        }
    }

    // MARK: refusals

    private func retryAfter(_ fd: Int32) -> Int {
        let queue = clients[fd].exchange.queue
        return shared.waitingRoom.withQueue { [now] in $0.retryAfter(model: queue, now: now) }
    }

    private mutating func refuseFull(_ fd: Int32, _ waiting: Int, _ tokens: Int) {
        counters.queueFull += 1
        let limit = waiting >= fleet.queueCapacity ? "limits.queueCapacity" : "limits.queueTokens"
        refuse(
            fd, 429,
            "no node can take the request and \(waiting) others with \(tokens) tokens wait (\(limit))",
            type: "overloaded_error", retryAfter: retryAfter(fd))
    }

    mutating func queueExpired(_ fd: Int32) {
        guard now >= clients[fd].exchange.queuedUntil else {
            if clients[fd].exchange.isCommitted { sayWaiting(fd) }
            if clients[fd].phase == .queued { setQueueDeadline(fd) }
            return
        }
        counters.queueExpired += 1
        let seconds = "\(limits.queueSeconds) s (limits.queueSeconds)"
        if isServed(fd) {
            refuse(
                fd, 429, "\(fullWords(fd)) full for \(seconds)",
                type: "overloaded_error", retryAfter: retryAfter(fd))
        } else {
            refuse(
                fd, 503, "no node could take the request in \(seconds)", type: "overloaded_error",
                retryAfter: retryAfter(fd))
        }
    }

    private func fullWords(_ fd: Int32) -> String {
        pin(of: fd) == nil
            ? "every node that serves the model was" : "the node that its session is pinned to was"
    }

    /// Some node that it could go to takes requests, though it may be full.
    private func isServed(_ fd: Int32) -> Bool {
        guard case .model(let model) = matchModel(fd) else { return false }
        return nodes(for: model).contains { fleet.nodes[$0].takesRequests }
    }

    /// Indices of the nodes that may serve a model; nil: of all.
    func nodes(for model: Int?) -> [Int] {
        guard let model else { return Array(fleet.nodes.indices) }
        return fleet.models[model].nodes + fleet.unspecific
    }

    /// Tells those who were put out for others, or to save memory.
    private mutating func putOutEvicted() {
        for entry in shared.waitingRoom.takeEvicted(loop: number) {
            let fd = entry.fd
            guard clients[fd].exchange.id == entry.id, clients[fd].exchange.isWaiting else { continue }
            let after = retryAfter(fd)
            if let shed = shared.overload.shedding, entry.priority >= shed {
                counters.shed += 1
                refuse(
                    fd, 503, "the gateway is short of memory (limits.memoryBytes) and dropped what waited",
                    type: "overloaded_error", retryAfter: Self.shedRetrySeconds)
            } else {
                counters.queueFull += 1
                refuse(
                    fd, 429,
                    "the queue is full and a more urgent request took the place (limits.queueCapacity)",
                    type: "overloaded_error", retryAfter: after)
            }
        }
    }

    private func wakeLoops(of entries: [AdmissionQueue.Entry]) {
        for loop in Set(entries.map(\.loop)) where loop != number { shared.mailboxes[loop].wake() }
    }
}
