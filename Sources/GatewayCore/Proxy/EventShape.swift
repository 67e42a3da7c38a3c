/// What all content events of one stream have in common.
///
/// Engines write every event of a stream by one template: the same id, model, created and nulls around a text and, where they were
/// asked for, its token ids. An event that differs from one already looked at in full only in these two is as sound as that
/// one when the two are: three comparisons then do for a dozen searches. Anything else is looked at in full again.
struct EventShape: Sendable {
    /// Places of one event.
    struct Places: Sendable {
        /// The inside of the text's string, as escaped.
        var text: Range<Int>
        /// The array of token ids behind it, brackets included.
        var ids: Range<Int>?
        /// The text is a chat's `delta.content`; otherwise `text` of completions.
        var isDelta: Bool

        /// What differs from the next event's.
        var changing: Range<Int> { text.lowerBound..<(ids?.upperBound ?? text.upperBound) }
    }

    /// Longer templates are not kept: an engine that puts so much around a token is looked at in full.
    static let limit = 4096

    /// The bytes before the text, between text and ids, and behind them.
    private var fixed: [UInt8] = []
    private var head = 0
    private var middle = 0
    private var hasIDs = false
    private var isDelta = false

    /// The places of an event of this shape; nil: it has another, or its text or ids are unsound.
    @inline(__always)
    func places(in bytes: RawSpan, _ event: Range<Int>) -> Places? {
        guard head > 0, event.count >= fixed.count else { return nil }
        let textStart = event.lowerBound &+ head
        guard bytes.equals(event.lowerBound..<textStart, in: fixed, at: 0),
            let textEnd = JSONScan.stringEnd(bytes, from: textStart)
        else { return nil }
        let tail = fixed.count &- head &- middle
        let middleEnd = textEnd &+ middle
        let tailStart = event.upperBound &- tail
        guard middleEnd <= tailStart, hasIDs || middleEnd == tailStart,
            bytes.equals(textEnd..<middleEnd, in: fixed, at: head),
            bytes.equals(tailStart..<event.upperBound, in: fixed, at: head &+ middle),
            bytes.isUTF8(textStart..<textEnd)
        else { return nil }
        var ids: Range<Int>?
        if hasIDs {
            guard Self.areIDs(bytes, middleEnd..<tailStart) else { return nil }
            ids = middleEnd..<tailStart
        }
        return Places(text: textStart..<textEnd, ids: ids, isDelta: isDelta)
    }

    /// Takes the shape of an event with content that was found sound, and tells its places; nil: it has none that could
    /// come again.
    mutating func learn(_ bytes: RawSpan, _ event: Range<Int>) -> Places? {
        head = 0
        guard bytes.first("\"prompt_token_ids\":[", in: event) == nil,
            let (start, isDelta) = Self.text(bytes, event),
            let textEnd = JSONScan.stringEnd(bytes, from: start), textEnd < event.upperBound
        else { return nil }
        var places = Places(text: start..<textEnd, ids: nil, isDelta: isDelta)
        var tailStart = textEnd
        middle = 0
        if let at = bytes.first("\"token_ids\":[", in: event) {
            let listStart = at &+ 12
            guard listStart > textEnd, let bracket = bytes.first(0x5D, in: listStart..<event.upperBound),
                Self.areIDs(bytes, listStart..<(bracket &+ 1))
            else { return nil }
            tailStart = bracket &+ 1
            places.ids = listStart..<tailStart
            middle = listStart &- textEnd
        }
        hasIDs = places.ids != nil
        self.isDelta = isDelta
        let length = event.count &- (tailStart &- textEnd &- middle) &- (textEnd &- start)
        guard length <= Self.limit else { return nil }
        fixed = bytes.array(event.lowerBound..<start)
        fixed += bytes.array(textEnd..<(textEnd &+ middle))
        fixed += bytes.array(tailStart..<event.upperBound)
        head = start &- event.lowerBound
        return places
    }

    /// Where the one text of an event begins.
    private static func text(_ bytes: RawSpan, _ event: Range<Int>) -> (start: Int, isDelta: Bool)? {
        let delta = bytes.first("\"delta\":", in: event)
        let text = bytes.first("\"text\":", in: event)
        if let delta, text == nil {
            guard bytes.has("{\"content\":\"", at: delta &+ 8) else { return nil }
            return (delta &+ 20, true)
        }
        guard let text, delta == nil, bytes.has("\"", at: text &+ 7) else { return nil }
        return (text &+ 8, false)
    }

    /// `[1,2]`: digits, commas and spaces between brackets.
    @inline(__always)
    private static func areIDs(_ bytes: RawSpan, _ list: Range<Int>) -> Bool {
        guard list.count >= 2, bytes.byte(list.lowerBound) == 0x5B, bytes.byte(list.upperBound &- 1) == 0x5D
        else { return false }
        for index in (list.lowerBound &+ 1)..<(list.upperBound &- 1) {
            switch bytes.byte(index) {
            case 0x30...0x39, 0x2C, 0x20: continue
            default: return false
            }
        }
        return true
    }
}
