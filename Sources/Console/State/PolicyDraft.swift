import GatewayCore

/// What the policy dialog is about to set.
package struct PolicyDraft: Equatable, Sendable {
    /// Whose requests; nil: of all models without their own.
    package var model: String?
    /// A policy, or "default": the model follows the others again.
    package var name: String
    /// In the order of the policy's parameters.
    package var values: [Double]
    /// The parameter that keys change; nil: they choose the policy.
    package var row: Int?
    /// Characters of a number typed so far; it replaces the parameter's value.
    package var typed = ""

    /// What a model is routed by now, with the changes that somebody has typed already.
    package init(_ wish: PolicyWish?, model: String?, _ gateway: GatewayStatus) throws(InputProblem) {
        self.model = model
        let settings = gateway.policySettings
        let changed =
            try wish.map { wish throws(InputProblem) in
                try settings.changed(to: wish.name, model: model, parameters: wish.parameters)
            } ?? settings
        let follows = wish?.name == PolicySettings.follow
        name = follows ? PolicySettings.follow : changed.of(model).name
        values = follows ? [] : changed.of(model).values
    }

    package var parameters: [PolicyParameter] { Policies.parameters(of: name) }

    /// The value of a parameter as it would be sent; nil: what is typed is no number yet.
    package func value(_ index: Int) -> Double? {
        index == row && !typed.isEmpty ? Double(typed) : values[index]
    }

    /// The choices, in the order of the list.
    package func names(_ gateway: GatewayStatus?) -> [String] {
        guard let gateway else { return [] }
        let follows = model.map { gateway.policySettings.own($0) != nil } ?? false
        return gateway.policies + (follows ? [PolicySettings.follow] : [])
    }

    /// Why it can't be sent; nil: it can.
    package var problem: String? {
        for (index, parameter) in parameters.enumerated() {
            guard let value = value(index), parameter.range.contains(value) else {
                return
                    "\(parameter.name) is \(parameter.limits); r sets the standard, \(parameter.standard.brief)"
            }
        }
        return nil
    }

    /// Says only what it changes; nil: what is typed is no number.
    package func command(_ gateway: GatewayStatus?) -> Command? {
        let now = gateway?.policySettings.of(model)
        var changed: [String: Double] = [:]
        for (index, parameter) in parameters.enumerated() {
            guard let value = value(index) else { return nil }
            let before = now?.name == name ? now?.named[parameter.name] : parameter.standard
            if value != before { changed[parameter.name] = value }
        }
        return .setPolicy(name: name, model: model, parameters: changed.isEmpty ? nil : changed)
    }

    // MARK: keys

    package mutating func press(_ key: Key, _ snapshot: Snapshot?) {
        switch key {
        case .down, .character("j"): move(1, snapshot)
        case .up, .character("k"): move(-1, snapshot)
        case .tab: enter(row.map { $0 + 1 } ?? 0)
        case .backTab: enter((row ?? parameters.count) - 1)
        case .left, .character("-"): step(-1)
        case .right, .character("+"), .character("="): step(1)
        case .character("m"): nextModel(snapshot)
        case .character("r"): reset()
        case .backspace: typed = String(typed.dropLast())
        case .character(let character) where row != nil && "0123456789.".contains(character):
            if typed.count < 12 { typed.append(character) }
        default: break
        }
    }

    private mutating func move(_ by: Int, _ snapshot: Snapshot?) {
        if let row { return enter(row + by) }
        let names = names(snapshot?.gateway)
        guard !names.isEmpty else { return }
        let place = names.firstIndex(of: name) ?? 0
        choose(names[min(max(place + by, 0), names.count - 1)], snapshot)
    }

    private mutating func choose(_ wanted: String, _ snapshot: Snapshot?) {
        guard wanted != name else { return }
        name = wanted
        let now = snapshot?.gateway.policySettings.of(model)
        values = now?.name == wanted ? now?.values ?? [] : parameters.map(\.standard)
    }

    /// Past either end it is the list of policies again.
    private mutating func enter(_ index: Int) {
        takeTyped()
        row = parameters.indices.contains(index) ? index : nil
    }

    private mutating func takeTyped() {
        if let row, let value = Double(typed) { values[row] = value }
        typed = ""
    }

    private mutating func step(_ by: Double) {
        takeTyped()
        guard let row else { return }
        let parameter = parameters[row]
        // A number of steps, not a sum of them: 0.1 ten times is 1.
        let step = parameter.step
        let steps = (values[row] / step).rounded() + by
        let value = step < 1 ? steps / (1 / step).rounded() : steps * step
        values[row] = min(max(value, parameter.range.lowerBound), parameter.range.upperBound)
    }

    private mutating func reset() {
        guard let row else { return }
        typed = ""
        values[row] = parameters[row].standard
    }

    /// All, then each model that a node serves or that has a policy of its own.
    private mutating func nextModel(_ snapshot: Snapshot?) {
        guard let snapshot else { return }
        let own = snapshot.gateway.policySettings.models.map(\.model)
        let models = Set(snapshot.nodes.flatMap(\.models) + own).sorted()
        let place = model.flatMap { models.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
        let next = models.indices.contains(place) ? models[place] : nil
        if let draft = try? PolicyDraft(nil, model: next, snapshot.gateway) { self = draft }
    }
}

extension PolicyParameter {
    /// The power of ten below half of the standard value; without one, of a tenth of the range.
    var step: Double {
        let size = standard > 0 ? standard / 2 : (range.upperBound - range.lowerBound) / 10
        var step = 1.0
        while step * 10 <= size { step *= 10 }
        while step > size, step > 1e-6 { step /= 10 }
        return step
    }
}
