/// Hold: where every node has enough to do, requests wait here and leave for the node that needs them.
extension ProxyLoop {
    /// How requests of a model are held now; nil: its policy sends each at once.
    /// - Parameter model: hash of its name; 0: requests without one.
    func holdPlan(for model: UInt64) -> HoldPlan? {
        guard let foresight = policies.hold(model), let dial = foresight.dial else { return nil }
        return HoldPlan(foresight: foresight, dial: dial, now: Double(now) / 1e9)
    }

    /// Lets those of a model go that a node needs now. The order holds for all loops: at the first that another loop owns,
    /// that loop is woken and goes on.
    mutating func release(by plan: HoldPlan, _ model: UInt64) {
        var nodes = openCandidates(model)
        let room = shared.waitingRoom
        guard !nodes.isEmpty else { return }
        let seconds = UInt32(truncatingIfNeeded: now / 1_000_000_000)
        var placed: [(entry: AdmissionQueue.Entry, node: Candidate)] = []
        var owner = number
        room.withQueue { [number, now] queue in
            queue.release(
                model: model, by: plan, on: &nodes, random: &random, now: now,
                match: { entry, nodes in
                    prompts.set(&nodes, for: entry.request, chain: entry.chain, depths: &depths)
                },
                place: { entry, node in
                    owner = entry.loop
                    guard owner == number else { return false }
                    prompts.index.insert(entry.chain, node: node.node, now: seconds)
                    placed.append((entry, node))
                    return true
                })
        }
        for (entry, node) in placed { letIn(entry, queue: model, planned: node) }
        if owner != number { shared.mailboxes[owner].wake() }
        lookAgain(nodes, plan)
    }

    /// The nodes that take a model's requests now.
    private func openCandidates(_ model: UInt64) -> [Candidate] {
        let place = model == 0 ? nil : fleet.model(hash: model)
        var nodes: [Candidate] = []
        for index in self.nodes(for: place) where fleet.nodes[index].takesRequests && hasPlace(index) {
            nodes.append(
                Candidate(
                    node: index, weight: fleet.nodes[index].effectiveWeight(now),
                    load: fleet.nodes[index].load, now: now))
        }
        return nodes
    }

    /// A node opens by the clock, too, when what it has falls under the feed.
    private mutating func lookAgain(_ nodes: [Candidate], _ plan: HoldPlan) {
        for node in nodes where !plan.isOpen(node) {
            let opens = UInt64((node.waitSeconds - plan.dial.feedSeconds) * 1e9)
            nextAdmit = min(nextAdmit, now + max(1_000_000, opens))
        }
    }

    /// Milliseconds until those who wait are to be looked at again, at most 100.
    var patience: Int32 {
        guard shared.waitingRoom.count > 0 else { return 100 }
        return nextAdmit <= now ? 0 : Int32(min(100, (nextAdmit - now) / 1_000_000 + 1))
    }
}
