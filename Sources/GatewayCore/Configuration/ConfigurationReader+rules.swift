// What keeps a fleet serving.
extension ConfigurationReader {
    mutating func rules(_ fields: [ConfigurationKeys.Root: JSON5Value]) -> FleetRules {
        var rules = FleetRules()
        if let value = fields[.minimumServing] { rules.minimumServing = minimumServing(value) }
        if let value = fields[.slowStart] { rules.slowStart = slowStart(value) }
        if let value = fields[.ejection] { rules.ejection = ejection(value) }
        set(
            &rules.disagreementSeconds,
            seconds(fields[.disagreementSeconds], name: "disagreementSeconds", in: 1...3600))
        return rules
    }

    /// One number for all, or numbers by model and role.
    private mutating func minimumServing(_ value: JSON5Value) -> ServingMinimum {
        var minimum = ServingMinimum()
        if case .number = value.kind {
            set(&minimum.each, whole(value, name: "minimumServing", in: 0...10_000))
            return minimum
        }
        let keys = ConfigurationKeys.MinimumServing.self
        guard let fields = fields(of: value, place: "minimumServing", keys: keys) else { return minimum }
        set(&minimum.each, whole(fields[.each], name: "each", in: 0...10_000))
        minimum.models = counts(fields[.models], place: "models")
        minimum.roles = counts(fields[.roles], place: "roles")
        for role in minimum.roles where NodeRole(rawValue: role.name) == nil || role.name == "mixed" {
            note(
                fields[.roles] ?? value, "\(quoted(role.name)) is no role with a pool of its own",
                remedy: "write prefill or decode")
        }
        return minimum
    }

    private mutating func counts(_ value: JSON5Value?, place: String) -> [ServingMinimum.Named] {
        guard let value else { return [] }
        guard case .object(let members) = value.kind else {
            note(value, "\(place) is no object", remedy: "write { \"llama-3\": 2 }")
            return []
        }
        return members.compactMap { member in
            whole(member.value, name: member.key, in: 0...10_000).map {
                ServingMinimum.Named(name: member.key, count: $0)
            }
        }
    }

    private mutating func slowStart(_ value: JSON5Value) -> SlowStart {
        var slow = SlowStart()
        let keys = ConfigurationKeys.SlowStart.self
        guard let fields = fields(of: value, place: "slowStart", keys: keys) else { return slow }
        set(&slow.seconds, seconds(fields[.seconds], name: "seconds", in: 0...3600))
        set(&slow.aggression, number(fields[.aggression], name: "aggression", in: 0.1...10))
        return slow
    }

    private mutating func ejection(_ value: JSON5Value) -> EjectionRules {
        var rules = EjectionRules()
        let keys = ConfigurationKeys.Ejection.self
        guard let fields = fields(of: value, place: "ejection", keys: keys) else { return rules }
        set(&rules.failures, whole(fields[.failures], name: "failures", in: 1...1000))
        set(&rules.faults, whole(fields[.faults], name: "faults", in: 1...1000))
        set(&rules.ttftFactor, number(fields[.ttftFactor], name: "ttftFactor", in: 1.5...1000))
        set(
            &rules.ttftFloorSeconds,
            seconds(fields[.ttftFloorSeconds], name: "ttftFloorSeconds", in: 0.1...3600))
        set(&rules.seconds, seconds(fields[.seconds], name: "seconds", in: 0.1...3600))
        set(&rules.minimumShare, number(fields[.minimumShare], name: "minimumShare", in: 0...1))
        return rules
    }
}
