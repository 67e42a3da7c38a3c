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
            guard identify(fd), !isShed(fd) else { return }
            if isBehindOthers(fd, model: model) || !route(fd, model: model) { wait(fd, model: model) }
        }
    }

    /// Whose it is and how urgent; false when it was refused.
    private mutating func identify(_ fd: Int32) -> Bool {
        clients[fd].exchange.tenant = tenantHash(of: fd)
        clients[fd].exchange.sessionHash = sessionHash(of: fd)
        clients[fd].exchange.priority = RequestPriority(integer: clients[fd].facts.priority ?? 0)
        let field = clients[fd].head.priority
        guard !field.isEmpty else { return true }
        guard let priority = clients[fd].input.withBytes({ RequestPriority(header: $0, field.range) }) else {
            refuse(
                fd, 400, "x-signalbox-priority is none of high, normal and low",
                type: "invalid_request_error")
            return false
        }
        clients[fd].exchange.priority = priority
        return true
    }

    /// Refuses what is not urgent enough while memory is short.
    private mutating func isShed(_ fd: Int32) -> Bool {
        guard let shed = shared.overload.shedding, clients[fd].exchange.priority >= shed else { return false }
        counters.shed += 1
        refuse(
            fd, 503, "the gateway is short of memory (limits.memoryBytes) and takes no \(shed.words) now",
            type: "overloaded_error", retryAfter: Self.shedRetrySeconds)
        return true
    }

    static let shedRetrySeconds = 5

    var servedModels: String {
        fleet.models.isEmpty ? "none yet" : fleet.models.prefix(32).map(\.name).joined(separator: ", ")
    }

    func matchModel(_ fd: Int32) -> ModelMatch {
        let name = clients[fd].facts.model
        if name.isEmpty {
            if clients[fd].route == .inference, fleet.models.count > 1 { return .missing }
            return .model(fleet.models.count == 1 ? 0 : nil)
        }
        if let model = fleet.model(hash: clients[fd].exchange.modelHash) { return .model(model) }
        // A node that has not told its models yet may serve it.
        guard fleet.unspecific.isEmpty else { return .model(nil) }
        return .unknown(clients[fd].withBody { JSONScan.unescaped($0, name.range.prefix(256)) })
    }

    /// Hash of the model's name as the request has it; 0: it names none.
    func modelHash(of fd: Int32) -> UInt64 {
        let name = clients[fd].facts.model
        guard !name.isEmpty else { return 0 }
        return clients[fd].withBody { body in
            body.first(0x5C, in: name.range) == nil
                ? PromptHash.of(body, name.range)
                : PromptHash.of(text: JSONScan.unescaped(body, name.range))
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
