/// How urgent a request is, in the order in which requests are served.
package enum RequestPriority: UInt8, Sendable, CaseIterable, Comparable {
    case high, normal, low

    /// From a body's `priority`, as vLLM defines it: lower is served first, 0 is the default.
    package init(integer: Int) {
        self = integer < 0 ? .high : integer == 0 ? .normal : .low
    }

    /// From the value of the header x-signalbox-priority; nil: no such class.
    package init?(header: RawSpan, _ range: Range<Int>) {
        if header.equals(range, lowercased: "high") {
            self = .high
        } else if header.equals(range, lowercased: "normal") {
            self = .normal
        } else if header.equals(range, lowercased: "low") {
            self = .low
        } else {
            return nil
        }
    }

    /// For a sentence: it and whatever is less urgent.
    package var words: String {
        switch self {
        case .high: "requests"
        case .normal: "requests of normal and low priority"
        case .low: "requests of low priority"
        }
    }

    package static func < (a: RequestPriority, b: RequestPriority) -> Bool { a.rawValue < b.rawValue }
}
