/// Route: candidates, the policy's choice, and a sample of decisions kept for the operator.
extension ProxyLoop {
    /// Chooses a node and dispatches; false when nobody can take the request now, or nobody needs it yet.
    /// - Parameters:
    ///   - model: index in the fleet's models; nil: any node.
    ///   - planned: the node that it was held for, as the plan saw it.
    mutating func route(_ fd: Int32, model: Int?, planned: Candidate? = nil) -> Bool {
        gatherCandidates(fd, model: model)
        guard !candidates.isEmpty, !waitsForPin(fd, model: model) else { return false }
        var request = routingRequest(fd, model: model)
        shadowArrival(fd, request, model: model)
        match(fd, &request)
        let hash = model.map { fleet.models[$0].hash } ?? 0
        guard let (chosen, reason) = choose(fd, request, policy: hash, planned: planned) else { return false }
        let candidate = candidates[chosen]
        clients[fd].exchange.promptTokens = Int32(clamping: request.promptTokens)
        clients[fd].exchange.cachedTokens = Int32(clamping: candidate.cachedTokens(of: request))
        shared.prefixIndex.insert(
            chain, node: candidate.node, now: UInt32(truncatingIfNeeded: now / 1_000_000_000))
        if let session = request.session { shared.sessions.remember(session, node: candidate.node) }
        explain(fd, request, policy: hash, chosen: chosen, reason: reason)
        shadowPlacement(fd, node: candidate.node)
        dispatch(fd, to: candidate.node)
        return true
    }

    /// The candidate for a request, and why it; nil: it is to be held.
    private mutating func choose(
        _ fd: Int32, _ request: RoutingRequest, policy model: UInt64, planned: Candidate?
    ) -> (Int, ChoiceReason)? {
        if let maker = makerCandidate(fd) {
            takeProbe(fd, candidates[maker].node)
            return (maker, .stateful)
        }
        if let node = pin(of: fd), let place = candidates.firstIndex(where: { $0.node == node }) {
            takeProbe(fd, node)
            return (place, .pinned)
        }
        // A node on probation gets one request as soon as there is one: nothing else would tell that it is well.
        while let place = candidates.firstIndex(where: { fleet.nodes[$0.node].breaker == .halfOpen }) {
            takeProbe(fd, candidates[place].node)
            // Another loop may have been faster; with nobody else to ask the request goes there all the same.
            if clients[fd].exchange.isProbe || candidates.count == 1 { return (place, .probation) }
            candidates.remove(at: place)
        }
        if let planned, let place = candidates.firstIndex(where: { $0.node == planned.node }) {
            // The plan told the index that the prompt will be there, so that what came behind it could follow.
            candidates[place].cachedBlocks = planned.cachedBlocks
            return (place, .held)
        }
        let choice =
            candidates.count == 1
            ? Choice(0, .onlyCandidate)
            : policies.choose(model, among: candidates, for: request, random: &random)
        // Where no answer has begun it can wait, and leaves by what is best for all.
        if !clients[fd].exchange.hasStarted, clients[fd].route == .inference,
            let plan = holdPlan(for: model), !plan.isOpen(candidates[choice.index])
        {
            return nil
        }
        return (choice.index, choice.reason)
    }

    private mutating func takeProbe(_ fd: Int32, _ node: Int) {
        clients[fd].exchange.isProbe =
            fleet.nodes[node].breaker == .halfOpen && fleet.nodes[node].load.takeProbe()
    }

    private mutating func gatherCandidates(_ fd: Int32, model: Int?) {
        candidates.removeAll(keepingCapacity: true)
        if let model {
            for index in fleet.models[model].nodes { consider(index, fd) }
            for index in fleet.unspecific { consider(index, fd) }
        } else {
            for index in fleet.nodes.indices { consider(index, fd) }
        }
        // Nodes that fail in a row are left alone while there are others.
        guard candidates.contains(where: { isFailing($0.node) }) else { return }
        let sound = candidates.filter { !isFailing($0.node) }
        if !sound.isEmpty { candidates = sound }
    }

    /// Its breaker will open in a moment. One on probation has failed before and is to be tried.
    func isFailing(_ index: Int) -> Bool {
        fleet.nodes[index].breaker == .closed && fleet.nodes[index].load.consecutiveFailures >= 3
    }

    /// Whether a node that this request has not been on could take it. Leaves `candidates` filled.
    mutating func hasOtherCandidate(_ fd: Int32, model: Int?) -> Bool {
        gatherCandidates(fd, model: model)
        return !candidates.isEmpty
    }

    private mutating func consider(_ index: Int, _ fd: Int32) {
        // Field by field, here and below: a copy of the node would count references for every candidate.
        let isContinuing = clients[fd].record.isContinuing
        // One that goes on elsewhere had a place already.
        guard fleet.takesRequests[index], isContinuing || hasPlace(index),
            !clients[fd].exchange.hasTried(index)
        else { return }
        if isContinuing, !clients[fd].record.isAnew,
            fleet.nodes[index].engine != clients[fd].record.engine
        {
            return
        }
        let isSlow = fleet.nodes[index].slowSince > 0
        candidates.append(
            Candidate(
                node: index,
                weight: isSlow ? fleet.nodes[index].effectiveWeight(now) : fleet.nodes[index].weight,
                load: fleet.nodes[index].load, now: now))
    }

    /// The request as policies see it. Leaves its blocks' hashes in `chain`.
    mutating func routingRequest(_ fd: Int32, model: Int?) -> RoutingRequest {
        var request = RoutingRequest()
        hashPrompt(of: fd)
        request.now = Double(now) / 1e9
        request.blocks = chain.count
        request.head = chain.isEmpty ? nil : chain[min(1, chain.count - 1)]
        request.session = clients[fd].exchange.sessionHash
        clients[fd].exchange.promptBytes = Int32(clamping: clients[fd].facts.promptBytes)
        request.promptTokens = promptTokens(of: fd)
        request.outputTokens = min(clients[fd].facts.maxTokens ?? Self.expectedOutput, Self.expectedOutput)
        return request
    }

    /// What the candidates hold of the prompt in `chain`.
    private mutating func match(_ fd: Int32, _ request: inout RoutingRequest) {
        let (facts, hash, model) = (clients[fd].facts, shared.hash, clients[fd].exchange.modelHash)
        var candidates: [Candidate] = []
        var depths: [Int32] = []
        swap(&candidates, &self.candidates)
        swap(&depths, &self.depths)
        let wantsTokens = prompts.set(
            &candidates, for: request, chain: chain,
            parts: { block, part, previous in
                clients[fd].withBody {
                    facts.partHash(
                        $0, model: model, hash: hash, chain: chain, block: block, part: part, after: previous)
                }
            }, depths: &depths)
        swap(&depths, &self.depths)
        swap(&candidates, &self.candidates)
        clients[fd].exchange.wantsTokens = wantsTokens
        // The prompt's own number is estimated, theirs are not.
        for candidate in self.candidates {
            request.promptTokens = max(request.promptTokens, candidate.heldTokens ?? 0)
        }
    }

    /// Estimated from bytes.
    func promptTokens(of fd: Int32) -> Int {
        Int(Double(clients[fd].facts.promptBytes) / bytesPerToken[clients[fd].exchange.modelHash])
    }

    /// The candidate that made the id which the request names, in its path or as previous_response_id.
    private func makerCandidate(_ fd: Int32) -> Int? {
        let previous = clients[fd].facts.previousResponse
        var id: UInt64?
        if !previous.isEmpty {
            id = clients[fd].withBody { PromptHash.of($0, previous.range) }
        } else if clients[fd].route != .inference {
            let target = clients[fd].head.target.range
            id = clients[fd].input.withBytes { Self.pathID($0, target) }
        }
        guard let id, let node = shared.madeIDs.node(of: id) else { return nil }
        return candidates.firstIndex { $0.node == node }
    }

    /// Hash of the third part of a path: /v1/responses/ID/... .
    private static func pathID(_ bytes: RawSpan, _ target: Range<Int>) -> UInt64? {
        guard target.count > 4, let slash = bytes.first(0x2F, in: (target.lowerBound + 4)..<target.upperBound)
        else {
            return nil
        }
        let start = slash + 1
        var end = start
        while end < target.upperBound, bytes.byte(end) != 0x2F, bytes.byte(end) != 0x3F { end += 1 }
        return end > start ? PromptHash.of(bytes, start..<end) : nil
    }
}
