/// What goes into a step, and what comes out of it.
extension EngineModel {
    /// Fills the step that begins now; nil when there is nothing to compute.
    mutating func schedule() -> StepTime.Work? {
        var budget = profile.maxBatchedTokens
        hasPreempted = scheduleRunning(&budget)
        if !hasPreempted { admit(&budget) }
        guard budget < profile.maxBatchedTokens else { return nil }
        var work = StepTime.Work()
        for index in running.indices where running[index].scheduled > 0 {
            let isDecode = running[index].scheduled == 1 && running[index].generated > 0
            work.add(new: running[index].scheduled, behind: running[index].computed, isDecode: isDecode)
        }
        return work
    }

    /// Decodes and half-done prefills come first. Says whether somebody had to be preempted.
    private mutating func scheduleRunning(_ budget: inout Int) -> Bool {
        var preempted = false
        var index = 0
        while index < running.count {
            let count = min(running[index].known - running[index].computed, budget)
            while index < running.count, !grow(index, by: count) {
                preemptLast()
                preempted = true
            }
            if index < running.count {
                running[index].scheduled = count
                budget -= count
                publish(index)
            }
            index += 1
        }
        return preempted
    }

    /// Takes blocks for the next tokens of a running request.
    private mutating func grow(_ index: Int, by count: Int) -> Bool {
        let needed = blocks(for: running[index].computed + count) - running[index].blocks.count
        guard needed <= cache.freeCount else { return false }
        for _ in 0..<max(0, needed) {
            if let block = cache.take() { running[index].blocks.append(block) }
        }
        return true
    }

    private func blocks(for tokens: Int) -> Int { (tokens + cache.blockTokens - 1) / cache.blockTokens }

    /// The latest admitted gives up its blocks and returns to the queue's front, to be computed anew.
    private mutating func preemptLast() {
        var victim = running.removeLast()
        cache.release(victim.blocks)
        victim.blocks = []
        victim.published = 0
        victim.computed = 0
        victim.scheduled = 0
        victim.preemptions += 1
        meters.preemptions += 1
        waiting.insert(victim, at: 0)
    }

    private mutating func admit(_ budget: inout Int) {
        var admitted = 0
        while admitted < waiting.count, waiting[admitted].ready <= instant, budget > 0,
            running.count < profile.maxSequences
        {
            guard let sequence = admission(of: waiting[admitted], budget: budget) else { break }
            budget -= sequence.scheduled
            running.append(sequence)
            publish(running.count - 1)
            admitted += 1
        }
        waiting.removeFirst(admitted)
    }

    /// A waiting request with its cached blocks and those for its first chunk; nil when they don't fit.
    private mutating func admission(of candidate: Sequence, budget: Int) -> Sequence? {
        var sequence = candidate
        // At least the last token is computed, as somebody must produce the next one.
        let usable = min(sequence.request.chain.count, (sequence.known - 1) / cache.blockTokens)
        let chain = sequence.request.chain[..<usable]
        let (cached, unheld) = cache.lookUp(chain)
        let cachedTokens = cached * cache.blockTokens
        let count = min(sequence.known - cachedTokens, budget)
        let fresh = blocks(for: cachedTokens + count) - cached
        guard fresh + unheld <= cache.freeCount else { return nil }
        sequence.blocks = cache.hold(chain[..<cached])
        for _ in 0..<fresh { if let block = cache.take() { sequence.blocks.append(block) } }
        sequence.computed = cachedTokens
        sequence.published = cached
        sequence.scheduled = count
        if sequence.admitted == nil {
            sequence.admitted = instant
            sequence.cachedTokens = cachedTokens
            meters.prefixQueries += sequence.request.promptTokens
            meters.prefixHits += cachedTokens
        }
        return sequence
    }

    /// Blocks that the step in flight fills can be found by those who come after.
    private mutating func publish(_ index: Int) {
        let full = (running[index].computed + running[index].scheduled) / cache.blockTokens
        let end = min(full, running[index].request.chain.count)
        while running[index].published < end {
            let position = running[index].published
            cache.publish(running[index].blocks[position], hash: running[index].request.chain[position])
            running[index].published += 1
        }
    }

    /// Ends a step: whoever has computed all that is known has a new token.
    mutating func collectTokens(at now: Double, into events: inout [TokenEvent]) {
        var kept = 0
        for index in running.indices {
            running[index].computed += running[index].scheduled
            let hasToken = running[index].scheduled > 0 && running[index].computed == running[index].known
            running[index].scheduled = 0
            var isFinished = false
            if hasToken {
                running[index].generated += 1
                isFinished = running[index].generated >= running[index].request.outputTokens
                countToken(index, at: now)
                if detail == .everyToken || isFinished || running[index].generated == 1 {
                    events.append(event(index, at: now, isFinished: isFinished))
                }
            }
            if isFinished {
                if detail == .everyToken { meterRequest(running[index], at: now) }
                cache.release(running[index].blocks)
            } else {
                if kept != index { running.swapAt(kept, index) }
                kept += 1
            }
        }
        running.removeSubrange(kept...)
    }

    private func event(_ index: Int, at now: Double, isFinished: Bool) -> TokenEvent {
        TokenEvent(
            request: running[index].request.id, instant: now, ordinal: running[index].generated,
            cachedTokens: running[index].cachedTokens,
            finish: isFinished ? (running[index].request.endsByItself ? .stop : .length) : nil)
    }

    private mutating func countToken(_ index: Int, at now: Double) {
        meters.generatedTokens += 1
        if running[index].firstToken == nil {
            running[index].firstToken = now
            meters.promptTokens += running[index].request.promptTokens
            meters.cachedPromptTokens += running[index].cachedTokens
            if detail == .everyToken { meters.timeToFirstToken.observe(now - running[index].arrived) }
        } else if detail == .everyToken {
            meters.interTokenLatency.observe(now - running[index].lastToken)
        }
        running[index].lastToken = now
    }

    private mutating func meterRequest(_ sequence: Sequence, at now: Double) {
        let admitted = sequence.admitted ?? now
        let first = sequence.firstToken ?? now
        meters.finished[sequence.request.endsByItself ? .stop : .length, default: 0] += 1
        meters.endToEnd.observe(now - sequence.arrived)
        meters.queueTime.observe(admitted - sequence.ready)
        meters.prefillTime.observe(first - admitted)
        meters.decodeTime.observe(now - first)
        meters.inferenceTime.observe(now - admitted)
        if sequence.generated > 1 {
            meters.timePerOutputToken.observe((now - first) / Double(sequence.generated - 1))
        }
        meters.requestPreemptions.observe(Double(sequence.preemptions))
        meters.requestCopies.observe(1)
        meters.requestPromptTokens.observe(Double(sequence.request.promptTokens))
        meters.requestGeneratedTokens.observe(Double(sequence.generated))
        meters.requestMaxTokens.observe(Double(sequence.request.maxTokens))
        meters.requestComputedPromptTokens.observe(
            Double(sequence.request.promptTokens - sequence.cachedTokens))
    }
}
