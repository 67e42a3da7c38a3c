/// The fields of one JSON object, one after another.
package struct JSONFields: Sendable {
    private var scan: JSONScan
    private var isAtEnd: Bool

    /// - Parameter start: of the opening brace; at anything else there are no fields.
    package init(_ bytes: RawSpan, at start: Int) {
        scan = JSONScan(at: start)
        isAtEnd = !scan.take(0x7B, bytes)
    }

    /// Key without quotes, value with them.
    package mutating func next(_ bytes: RawSpan) -> (key: Range<Int>, value: Range<Int>)? {
        guard !isAtEnd, let key = scan.string(bytes), scan.take(0x3A, bytes), let value = scan.value(bytes)
        else {
            isAtEnd = true
            return nil
        }
        isAtEnd = !scan.take(0x2C, bytes)
        return (key, value)
    }

    /// When `next` has given all: behind the closing brace; nil: none closes them.
    package mutating func end(_ bytes: RawSpan) -> Int? { scan.take(0x7D, bytes) ? scan.offset : nil }
}
