/// Stretches of steps in which everybody only decodes. Nothing about them can change before somebody ends, comes or
/// leaves, so their instants are computed ahead, and what they do to the requests is booked once, at the end.
extension EngineModel {
    /// Computes the steps that are sure to follow the one just begun and to be like it.
    mutating func lookAhead(from begun: Step) {
        var work = begun.work
        var end = begun.end
        // A request that is on its way to the scheduler is seen by the first step that begins after it is there.
        let seen = waiting.first.map { $0.ready > begun.start ? $0.ready : .infinity } ?? .infinity
        for _ in 0..<quietSteps() where end < seen {
            work.contextTokens += running.count
            end += seconds(work)
            stretch.append(end)
        }
    }

    /// How many steps after the one in flight begin with the same requests, each with one token, none of which takes
    /// a block, fills one that others may find, or ended before.
    private func quietSteps() -> Int {
        // Somebody waits who was not tried, as somebody was preempted: the next step may admit.
        if !waiting.isEmpty, hasPreempted { return 0 }
        var quiet = Int.max
        for index in running.indices {
            quiet = min(quiet, quietSteps(of: index))
            if quiet == 0 { return 0 }
        }
        return running.isEmpty ? 0 : quiet
    }

    private func quietSteps(of index: Int) -> Int {
        let generated = running[index].generated
        let computed = running[index].computed
        guard running[index].scheduled == 1, generated > 0, computed + 1 == running[index].known else {
            return 0
        }
        let beforeEnd = running[index].request.outputTokens - generated - 1
        let room = running[index].blocks.count * cache.blockTokens - computed - 1
        let publishes = running[index].published < running[index].request.chain.count
        return max(0, min(beforeEnd, publishes ? room - 1 : room))
    }

    /// Somebody comes or leaves at `now`: nothing is known after the step in flight then.
    mutating func endStretch(at now: Double) {
        guard let inFlight = stretch.firstIndex(where: { $0 >= now }) else { return }
        takeBack(steps: stretch.count - 1 - inFlight)
        stretch.removeSubrange((inFlight + 1)...)
    }

    /// Books the steps of the stretch but the last, which becomes the step in flight.
    mutating func settle() {
        let passed = stretch.count - 1
        guard passed > 0, var last = step else { return }
        for index in running.indices {
            running[index].computed += passed
            running[index].generated += passed
        }
        meters.steps += passed
        meters.generatedTokens += passed * running.count
        last.work.contextTokens += passed * running.count
        last.start = stretch[passed - 1]
        last.end = stretch[passed]
        step = last
        stretch.removeFirst(passed)
    }
}
