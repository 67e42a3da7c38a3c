private let limit = 8192

/// Request heads: no head is longer than its bytes, no beginning of one is anything but incomplete, and what is read is
/// what would be read of its plain form.
@Sendable func fuzzRequestHead(_ bytes: RawSpan) {
    guard case .complete(let head) = RequestHead.parse(bytes, limit: limit) else { return }
    rule(head.byteCount <= bytes.byteCount && head.fieldsStart < head.byteCount, "within the bytes")
    rule(!head.isChunked || head.contentLength == nil, "one framing")
    for part in [head.methodName, head.target, head.authorization, head.session] {
        rule(part.lower <= part.upper && Int(part.upper) <= head.byteCount, "ranges within the head")
        for index in part.range { rule(!HeaderLines.isControl(bytes.byte(index)), "no control characters") }
    }
    var random = bytes.chance
    for cut in [head.byteCount - 1, Int.random(in: 0..<head.byteCount, using: &random)] {
        guard case .incomplete = RequestHead.parse(bytes.extracting(0..<cut), limit: limit) else {
            broken("a beginning is incomplete, at \(cut)")
        }
    }
    let plain = plainForm(head, bytes)
    // `http://host` and `http://host?query` have no path, and no route begins so.
    guard let first = head.target.range.first, bytes.byte(first) != 0x3F else { return }
    guard case .complete(let again) = RequestHead.parse(plain.span.bytes, limit: 2 * limit) else {
        broken("the plain form is a head")
    }
    rule(again.byteCount == plain.count, "the plain form is all head")
    rule(Facts(head, bytes) == Facts(again, plain.span.bytes), "the plain form says the same")
    rule(plainForm(again, plain.span.bytes) == plain, "the plain form is its own plain form")
}

private struct Facts: Equatable {
    var method: [UInt8]
    var target: [UInt8]
    var authorization: [UInt8]
    var session: [UInt8]
    var length: Int?
    var isChunked: Bool
    var flags: [Bool]
    var minor: UInt8

    init(_ head: RequestHead, _ bytes: RawSpan) {
        method = bytes.array(head.methodName.range)
        target = bytes.array(head.target.range)
        authorization = bytes.array(head.authorization.range)
        session = bytes.array(head.session.range)
        length = head.contentLength
        isChunked = head.isChunked
        flags = [
            head.keepsAlive, head.expectsContinue, head.wantsUpgrade, head.isMultipart,
            head.optsOutOfMigration,
        ]
        minor = head.minorVersion
    }
}

/// Request line and fields as they would be written by somebody plain.
private func plainForm(_ head: RequestHead, _ bytes: RawSpan) -> [UInt8] {
    var plain = bytes.array(head.methodName.range) + [0x20] + bytes.array(head.target.range)
    plain += Array(" HTTP/1.\(head.minorVersion)\r\n".utf8)
    return plain + fieldLines(from: head.fieldsStart, bytes)
}

private func fieldLines(from start: Int, _ bytes: RawSpan) -> [UInt8] {
    var plain: [UInt8] = []
    var lines = HeaderLines(from: start)
    while case .field(let field) = lines.next(in: bytes) {
        plain += bytes.array(field.name) + [0x3A, 0x20] + bytes.array(field.value) + [0x0D, 0x0A]
    }
    return plain + [0x0D, 0x0A]
}

/// Response heads, by the same rules.
@Sendable func fuzzResponseHead(_ bytes: RawSpan) {
    guard case .complete(let head) = ResponseHead.parse(bytes, limit: limit) else { return }
    rule(head.byteCount <= bytes.byteCount && (100...599).contains(head.status), "within the bytes")
    rule(!head.isChunked || head.contentLength == nil && head.minorVersion > 0, "one framing")
    var random = bytes.chance
    for cut in [head.byteCount - 1, Int.random(in: 0..<head.byteCount, using: &random)] {
        guard case .incomplete = ResponseHead.parse(bytes.extracting(0..<cut), limit: limit) else {
            broken("a beginning is incomplete, at \(cut)")
        }
    }
    let plain = bytes.array(0..<head.fieldsStart) + fieldLines(from: head.fieldsStart, bytes)
    guard case .complete(let again) = ResponseHead.parse(plain.span.bytes, limit: 2 * limit) else {
        broken("the plain form is a head")
    }
    rule(
        again.byteCount == plain.count && again.status == head.status
            && again.contentLength == head.contentLength
            && again.isChunked == head.isChunked && again.keepsAlive == head.keepsAlive
            && again.isEventStream == head.isEventStream, "the plain form says the same")
    let fields = head.fieldsStart..<(head.byteCount - 2)
    head.hopLines.rest(of: fields) { run in
        rule(
            !run.isEmpty && fields.contains(run.lowerBound) && run.upperBound <= fields.upperBound,
            "whole lines")
        rule(bytes.byte(run.upperBound - 1) == 0x0A, "whole lines")
    }
}
