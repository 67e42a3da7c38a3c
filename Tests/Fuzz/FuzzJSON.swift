import Foundation

/// The scanner: values lie within the bytes and within each other, and a value by itself is the same value.
@Sendable func fuzzJSON(_ bytes: RawSpan) {
    var scan = JSONScan()
    while scan.offset < bytes.byteCount {
        let before = scan.offset
        guard let value = scan.value(bytes) else { break }
        rule(
            value.lowerBound >= before && value.upperBound == scan.offset && !value.isEmpty,
            "a value moves on")
        let own = bytes.array(value)
        var again = JSONScan()
        rule(again.value(own.span.bytes) == 0..<own.count, "a value by itself is the same")
        nest(bytes, value, depth: 0)
        if let number = JSONScan.integer(bytes, value) {
            rule(Int(bytes.text(value)) == number, "an integer is what its digits say")
        }
        if bytes.byte(value.lowerBound) == 0x22 {
            _ = JSONScan.unescaped(bytes, (value.lowerBound + 1)..<(value.upperBound - 1))
        }
        _ = scan.take(0x2C, bytes)
    }
}

private func nest(_ bytes: RawSpan, _ value: Range<Int>, depth: Int) {
    guard depth < 8 else { return }
    var end = value.lowerBound
    var fields = JSONFields(bytes, at: value.lowerBound)
    while let field = fields.next(bytes) {
        rule(
            field.key.lowerBound > end && field.value.lowerBound > field.key.upperBound,
            "fields come one by one")
        rule(field.value.upperBound < value.upperBound, "fields lie in their object")
        end = field.value.upperBound
        nest(bytes, field.value, depth: depth + 1)
    }
}

/// What is read of a request's body is what Foundation reads of it, and the edits make the body that they promise.
@Sendable func fuzzBody(_ bytes: RawSpan) {
    let result = BodyFacts.read(bytes)
    compareWithFoundation(bytes, result)
    guard case .facts(let facts) = result else {
        guard case .malformed(let offset) = result else { return }
        return rule(offset >= 0 && offset <= bytes.byteCount, "the fault is within the bytes")
    }
    for part in [facts.model, facts.tenant, facts.session, facts.prompt, facts.system, facts.tools] {
        rule(
            part.lower >= 0 && part.lower <= part.upper && Int(part.upper) <= bytes.byteCount,
            "within the bytes")
    }
    var random = bytes.chance
    let wanted = BodyFacts.Additions(rawValue: .random(in: 1...15, using: &random))
    var whole = bytes.all
    for edit in facts.edits(adding: wanted, bytes).reversed() {
        rule(edit.offset + edit.removed <= whole.count, "an edit lies within the bytes")
        whole.replaceSubrange(
            edit.offset..<(edit.offset + edit.removed), with: Array("\(edit.inserted)".utf8))
    }
    guard case .facts(let again) = BodyFacts.read(whole.span.bytes) else {
        // No JSON to begin with, such as {"stream":[}}, may become less of one.
        return rule(!isJSON(bytes), "the edited body is one")
    }
    guard isJSON(bytes), !facts.edits(adding: wanted, bytes).isEmpty else { return }
    rule(again.edits(adding: wanted, whole.span.bytes).isEmpty, "the edited body asks for all that is wanted")
    rule(isJSON(whole.span.bytes), "the edited body is JSON")
    rule(whole.span.bytes.text(again.model.range) == bytes.text(facts.model.range), "it names the same model")
}

private func isJSON(_ bytes: RawSpan) -> Bool {
    (try? JSONSerialization.jsonObject(with: Data(bytes.all))) is [String: Any]
}

private func compareWithFoundation(_ bytes: RawSpan, _ result: BodyFacts.Result) {
    // Foundation guesses other encodings by zeros and a byte order mark, which are refused here.
    guard (1..<4096).contains(bytes.byteCount), bytes.isUTF8(0..<bytes.byteCount), bytes.byte(0) != 0xEF,
        bytes.first(0x00, in: 0..<bytes.byteCount) == nil
    else { return }
    guard let object = try? JSONSerialization.jsonObject(with: Data(bytes.all)) as? [String: Any] else {
        return
    }
    guard case .facts(let facts) = result else {
        // Names with escapes are refused here, and Foundation takes a comma before the closing brace.
        guard case .malformed(let offset) = result, bytes.first(0x5C, in: 0..<bytes.byteCount) == nil else {
            return
        }
        return rule(
            offset < bytes.byteCount && bytes.byte(offset) == 0x7D, "what Foundation reads is read here")
    }
    var fields = JSONFields(bytes, at: bytes.first(0x7B, in: 0..<bytes.byteCount) ?? 0)
    var count = 0
    while fields.next(bytes) != nil { count += 1 }
    guard count == object.count else { return }  // a name that stands twice
    let model = JSONScan.unescaped(bytes, facts.model.range)
    rule((object["model"] as? String ?? "") == model, "the same model")
    if let stream = object["stream"], !(stream is NSNumber && !isBoolean(stream)) {
        rule((stream as? Bool ?? false) == facts.isStreaming, "the same stream")
    }
}

/// By the name of its type: the number 1 is a `Bool` to Foundation's bridge too.
private func isBoolean(_ value: Any) -> Bool { "\(type(of: value))".contains("Bool") }
