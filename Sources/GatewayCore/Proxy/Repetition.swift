/// Notices an answer that says the same span over and over, as a model in a loop does.
struct Repetition: Sendable {
    /// Spans of up to so many events.
    static let longestSpan = 64
    /// So many events of nothing but repeats. Legitimate output repeats too: a table's rule, a row of spaces.
    static let limit = 512

    private var recent = InlineArray<64, UInt32>(repeating: 0)
    private var count = 0
    private var span = 0
    private var run = 0

    /// Takes an event's data; true when the limit is reached, once for each run.
    ///
    /// Everything but the text is the same in all events of a stream, so the whole event stands for its text.
    mutating func take(_ bytes: RawSpan, _ data: Range<Int>) -> Bool {
        let hash = Self.hash(bytes, data)
        if span > 0, recent[(count &- span) & 63] == hash {
            run &+= 1
        } else {
            span = 0
            run = 0
            for distance in 1...Self.longestSpan where distance <= count {
                if recent[(count &- distance) & 63] == hash {
                    span = distance
                    break
                }
            }
        }
        recent[count & 63] = hash
        count &+= 1
        return run == Self.limit
    }

    private static func hash(_ bytes: RawSpan, _ data: Range<Int>) -> UInt32 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
        var at = data.lowerBound
        while at &+ 8 <= data.upperBound {
            hash = (hash ^ bytes.word(at)) &* 0xFF51_AFD7_ED55_8CCD
            hash ^= hash &>> 32
            at &+= 8
        }
        while at < data.upperBound {
            hash = (hash ^ UInt64(bytes.byte(at))) &* 0xFF51_AFD7_ED55_8CCD
            at &+= 1
        }
        return UInt32(truncatingIfNeeded: hash ^ hash &>> 32)
    }
}
