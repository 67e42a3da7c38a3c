/// Admit: the model is known and somebody can take the request now, or it waits within limits.
extension ProxyLoop {
    enum ModelMatch {
        /// Index in the fleet's models; nil: the request names none and none is needed.
        case model(Int?)
        case unknown(String)
        case missing
    }

    mutating func admit(_ fd: Int32) {
        switch matchModel(fd) {
        case .missing:
            refuse(
                fd, 400, "the request names no \"model\"; served here: \(servedModels)",
                type: "invalid_request_error")
        case .unknown(let name):
            refuse(
                fd, 404, "the model \"\(name)\" is not served here; served: \(servedModels)",
                type: "invalid_request_error", code: "model_not_found")
        case .model(let model):
            if let model { clients[fd].exchange.model = fleet.models[model].name }
            if !route(fd, model: model) { queue(fd) }
        }
    }

    var servedModels: String {
        fleet.models.isEmpty ? "none yet" : fleet.models.prefix(32).map(\.name).joined(separator: ", ")
    }

    func matchModel(_ fd: Int32) -> ModelMatch {
        let name = clients[fd].facts.model
        if name.isEmpty {
            if clients[fd].route == .inference, fleet.models.count > 1 { return .missing }
            return .model(fleet.models.count == 1 ? 0 : nil)
        }
        let hash = clients[fd].withBody { body in
            body.first(0x5C, in: name.range) == nil
                ? PromptHash.of(body, name.range)
                : PromptHash.of(text: JSONScan.unescaped(body, name.range))
        }
        if let model = fleet.model(hash: hash) { return .model(model) }
        // A node that has not told its models yet may serve it.
        guard fleet.unspecific.isEmpty else { return .model(nil) }
        return .unknown(clients[fd].withBody { JSONScan.unescaped($0, name.range.prefix(256)) })
    }

    /// Puts a request where it waits for a node, or refuses it at the limit.
    private mutating func queue(_ fd: Int32) {
        guard waiting.count < limits.queueCapacity else {
            return refuse(
                fd, 429,
                "no node can take the request and \(waiting.count) others wait (limits.queueCapacity)",
                type: "overloaded_error", retryAfter: 5)
        }
        clients[fd].phase = .queued
        if clients[fd].exchange.queuedUntil == 0 {
            clients[fd].exchange.queuedUntil = now + UInt64(limits.queueSeconds * 1e9)
        }
        waiting.append((fd, clients[fd].exchange.id))
    }

    /// Looks again at all that wait, in order: when the fleet has changed, and ten times a second for their deadlines.
    mutating func retryWaiting() {
        guard fleet.version != waitingVersion || now >= nextWaiting else { return }
        waitingVersion = fleet.version
        nextWaiting = now + TimerWheel.nanosecondsPerTick
        let list = waiting
        waiting.removeAll(keepingCapacity: true)
        for entry in list {
            guard clients[entry.fd].phase == .queued, clients[entry.fd].exchange.id == entry.id else {
                continue
            }
            guard case .model(let model) = matchModel(entry.fd) else {
                refuse(entry.fd, 404, "the model is not served here any more", type: "invalid_request_error")
                continue
            }
            if route(entry.fd, model: model) { continue }
            if now >= clients[entry.fd].exchange.queuedUntil {
                refuse(
                    entry.fd, 503, "no node could take the request in \(Int(limits.queueSeconds)) s",
                    type: "overloaded_error", retryAfter: 5)
            } else {
                waiting.append(entry)
            }
        }
    }

    // MARK: requests in their order of arrival

    mutating func listActive(_ fd: Int32) {
        guard !clients[fd].isListed else { return }
        clients[fd].isListed = true
        clients[fd].previousActive = lastActive
        clients[fd].nextActive = -1
        if lastActive >= 0 { clients[lastActive].nextActive = fd } else { firstActive = fd }
        lastActive = fd
        activeCount += 1
    }

    mutating func unlistActive(_ fd: Int32) {
        guard clients[fd].isListed else { return }
        clients[fd].isListed = false
        let previous = clients[fd].previousActive
        let next = clients[fd].nextActive
        if previous >= 0 { clients[previous].nextActive = next } else { firstActive = next }
        if next >= 0 { clients[next].previousActive = previous } else { lastActive = previous }
        activeCount -= 1
    }
}
