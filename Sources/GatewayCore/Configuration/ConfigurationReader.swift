/// Turns values of a file into typed ones and collects what is wrong with them.
///
/// A function gives nil when the value is missing or wrong; in the second case an issue says so. Values that the JSON5
/// reader could not read are passed over: they have their error already.
struct ConfigurationReader {
    private(set) var issues: [ConfigurationIssue] = []

    mutating func note(_ value: JSON5Value, _ message: String, remedy: String) {
        issues.append(ConfigurationIssue(at: value.position, message, remedy: remedy))
    }

    mutating func note(_ error: JSON5Error) {
        issues.append(ConfigurationIssue(at: error.position, error.message, remedy: error.remedy))
    }

    /// The values of an object by key; unknown keys are issues.
    /// - Parameter place: words for messages: "limits", "node a".
    mutating func fields<Key: CaseIterable & Hashable & RawRepresentable<String>>(
        of value: JSON5Value, place: String, keys: Key.Type
    ) -> [Key: JSON5Value]? {
        guard case .object(let members) = value.kind else {
            wrongKind(value, name: place, wanted: "an object", example: "{ ... }")
            return nil
        }
        var values: [Key: JSON5Value] = [:]
        for member in members {
            if let key = Key(rawValue: member.key) {
                values[key] = member.value
            } else {
                unknown(member, place: place, known: Key.allCases.map(\.rawValue))
            }
        }
        return values
    }

    mutating func unknown(_ member: JSON5Member, place: String, known: [String]) {
        let nearest = NearestName.of(member.key, among: known)
        issues.append(
            ConfigurationIssue(
                at: member.position, "unknown key \(quoted(member.key)) in \(place)",
                remedy: nearest.map { "did you mean \"\($0)\"?" }
                    ?? "the keys here are \(known.joined(separator: ", "))"))
    }

    mutating func text(_ value: JSON5Value?, name: String, example: String) -> String? {
        guard let value else { return nil }
        guard case .string(let text) = value.kind else {
            wrongKind(value, name: name, wanted: "a string", example: "\"\(example)\"")
            return nil
        }
        return text
    }

    mutating func truth(_ value: JSON5Value?, name: String) -> Bool? {
        guard let value else { return nil }
        guard case .bool(let truth) = value.kind else {
            wrongKind(value, name: name, wanted: "true or false", example: "true")
            return nil
        }
        return truth
    }

    mutating func list(_ value: JSON5Value?, name: String, example: String) -> [JSON5Value]? {
        guard let value else { return nil }
        guard case .array(let values) = value.kind else {
            wrongKind(value, name: name, wanted: "an array", example: example)
            return nil
        }
        return values
    }

    mutating func number(_ value: JSON5Value?, name: String, in range: ClosedRange<Double>) -> Double? {
        guard let value else { return nil }
        guard case .number(let number) = value.kind else {
            wrongKind(value, name: name, wanted: "a number", example: shown(range.lowerBound))
            return nil
        }
        return inRange(number, value, name: name, range: range)
    }

    mutating func whole(_ value: JSON5Value?, name: String, in range: ClosedRange<Int>) -> Int? {
        let bounds = Double(range.lowerBound)...Double(range.upperBound)
        guard let value, let number = number(value, name: name, in: bounds) else { return nil }
        return whole(number, value, name: name)
    }

    /// A number, or text with a unit such as "64MiB".
    mutating func bytes(_ value: JSON5Value?, name: String, in range: ClosedRange<Int>) -> Int? {
        let bounds = Double(range.lowerBound)...Double(range.upperBound)
        guard let value,
            let number = amount(value, name: name, in: bounds, example: "\"64MiB\"", read: Amounts.bytes)
        else { return nil }
        return whole(number, value, name: name)
    }

    /// A number of seconds, or text with a unit such as "10m".
    mutating func seconds(_ value: JSON5Value?, name: String, in range: ClosedRange<Double>) -> Double? {
        guard let value else { return nil }
        return amount(value, name: name, in: range, example: "30 or \"10m\"", read: Amounts.seconds)
    }

    private mutating func amount(
        _ value: JSON5Value, name: String, in range: ClosedRange<Double>, example: String,
        read: (String) -> Double?
    ) -> Double? {
        guard case .string(let text) = value.kind else {
            guard case .number(let number) = value.kind else {
                wrongKind(value, name: name, wanted: "a number", example: example)
                return nil
            }
            return inRange(number, value, name: name, range: range)
        }
        guard let number = read(text) else {
            note(value, "\(name) is \(quoted(text)), which is no amount", remedy: "write \(example)")
            return nil
        }
        return inRange(number, value, name: name, range: range)
    }

    /// One of the names of an enumeration.
    mutating func choice<Choice: CaseIterable & RawRepresentable<String>>(
        _ value: JSON5Value?, name: String, of: Choice.Type
    ) -> Choice? {
        let known = Choice.allCases.map(\.rawValue)
        guard let value, let text = choice(value, name: name, among: known) else { return nil }
        return Choice(rawValue: text)
    }

    mutating func choice(_ value: JSON5Value?, name: String, among known: [String]) -> String? {
        guard let value, let text = text(value, name: name, example: known.first ?? "") else { return nil }
        if known.contains(text) { return text }
        let list = known.joined(separator: ", ")
        let remedy = NearestName.of(text, among: known).map { "did you mean \"\($0)\"? There are \(list)" }
        note(value, "\(quoted(text)) is no \(name)", remedy: remedy ?? "write one of \(list)")
        return nil
    }

    /// Calls a parser of text and notes its problem.
    mutating func parsed<T>(
        _ value: JSON5Value?, name: String, example: String, by parse: (String) throws(InputProblem) -> T
    ) -> T? {
        guard let value, let text = text(value, name: name, example: example) else { return nil }
        do {
            return try parse(text)
        } catch {
            note(value, "\(name): \(error.message)", remedy: error.remedy)
            return nil
        }
    }

    private mutating func whole(_ number: Double, _ value: JSON5Value, name: String) -> Int? {
        guard let whole = Int(exactly: number) else {
            note(value, "\(name) is \(shown(number)), not a whole number", remedy: "write \(Int(number))")
            return nil
        }
        return whole
    }

    private mutating func inRange(
        _ number: Double, _ value: JSON5Value, name: String, range: ClosedRange<Double>
    ) -> Double? {
        guard range.contains(number) else {
            note(
                value, "\(name) is \(shown(number)), out of range",
                remedy: "write \(shown(range.lowerBound)) to \(shown(range.upperBound))")
            return nil
        }
        return number
    }

    private mutating func wrongKind(_ value: JSON5Value, name: String, wanted: String, example: String) {
        guard value.kind != .invalid else { return }
        note(value, "\(name) is \(value.kindName), not \(wanted)", remedy: "write \(example)")
    }

    /// Whole numbers without ".0".
    private func shown(_ number: Double) -> String { Int(exactly: number).map { "\($0)" } ?? "\(number)" }
}
