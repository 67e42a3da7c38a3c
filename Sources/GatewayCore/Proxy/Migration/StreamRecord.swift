/// What a client has got of a stream, kept so that another node can go on with it.
package struct StreamRecord: ~Copyable {
    /// How another node is told where to go on.
    package enum Way: UInt8 {
        case none
        /// The ids of prompt and answer, as vLLM returns them: exact.
        case ids
        /// The text, where the engine's tool parser is needed; exact when the ids that the other node makes of it agree.
        case checkedText
        /// The text, on an engine that tells no ids; taken for exact when it is as many tokens there as came from the first
        /// node.
        case text
    }

    package var way = Way.none
    /// Ids and text are kept to tie them to one another, whether or not the stream could go on elsewhere.
    package var learnsTokens = false
    /// The answer is one text and nothing else.
    private(set) var isPlain = true
    package var obstacles: Obstacles = []
    /// Of the node that began it: another kind's text may part from this one's.
    var engine = EngineKind.unknown
    package var isChat = false
    /// The client asked for token ids itself and sees them.
    package var showsIDs = false
    /// How often the stream has gone on elsewhere.
    package private(set) var continuations = 0
    /// Nothing but the role had come: the whole request is sent again, to any engine.
    private(set) var isAnew = false
    /// Output tokens that the node which has the stream now was given with the prompt.
    package private(set) var givenTokens = 0
    package private(set) var promptTokens = 0
    /// Output tokens so far.
    package private(set) var outputTokens = 0
    /// Decimal numbers with commas between them.
    private(set) var promptIDs = ByteQueue()
    private(set) var outputIDs = ByteQueue()
    /// Escaped as in JSON, without quotes.
    private(set) var text = ByteQueue()
    /// JSON values of the first event.
    private(set) var id = ByteQueue()
    private(set) var created = ByteQueue()
    /// Ids that the node which has the stream now must say again before anything new: with stop strings an engine tells
    /// ids before their text, so a continuation goes back over the text that may have been held.
    private(set) var repeatedIDs = ByteQueue()
    /// How many tokens a continuation goes back.
    package var rewindTokens = 0
    /// Counted in `ProxyShared.retainedBytes`.
    var charged = 0

    package init() {}

    var isArmed: Bool { way != .none }
    var isKept: Bool { isArmed || learnsTokens }
    var isContinuing: Bool { continuations > 0 }
    var usesIDs: Bool { way == .ids || way == .checkedText }
    var takesIDs: Bool { usesIDs || learnsTokens }
    var isRepeating: Bool { !repeatedIDs.isEmpty }
    var byteCount: Int { promptIDs.count + outputIDs.count + text.count }

    mutating func clear() {
        way = .none
        learnsTokens = false
        isPlain = true
        obstacles = []
        continuations = 0
        isAnew = false
        givenTokens = 0
        promptTokens = 0
        outputTokens = 0
        rewindTokens = 0
        promptIDs.clear()
        outputIDs.clear()
        repeatedIDs.clear()
        text.clear()
        id.clear()
        created.clear()
    }

    /// Nothing is kept any more.
    mutating func disarm(_ obstacle: Obstacles) {
        way = .none
        learnsTokens = false
        obstacles.insert(obstacle)
        promptIDs.clear()
        outputIDs.clear()
        text.clear()
    }

    /// Nothing of the answer has come: another node begins it, under the id that the client has.
    package mutating func beginAnew() {
        continuations += 1
        isAnew = true
        promptIDs.clear()
        promptTokens = 0
    }

    /// Another node takes over.
    package mutating func continueElsewhere() {
        continuations += 1
        isAnew = false
        if way == .ids, rewindTokens > 0 { rewind() }
        givenTokens = outputTokens
    }

    /// Moves the last ids to those that must be said again.
    private mutating func rewind() {
        let count = min(rewindTokens, outputTokens)
        guard count > 0 else { return }
        var pending = ByteQueue()
        swap(&pending, &repeatedIDs)
        let cut = outputIDs.withBytes { bytes in
            var left = count
            var index = bytes.byteCount
            while index > 0 {
                if bytes.byte(index - 1) == 0x2C {
                    left -= 1
                    if left == 0 { break }
                }
                index -= 1
            }
            return index
        }
        var kept = ByteQueue()
        outputIDs.withBytes { bytes in
            repeatedIDs.append(bytes, cut..<bytes.byteCount)
            kept.append(bytes, 0..<max(0, cut - 1))
        }
        if !pending.isEmpty { repeatedIDs.append(",") }
        pending.withBytes { repeatedIDs.append($0) }
        swap(&kept, &outputIDs)
        outputTokens -= count
    }

    /// The other node made these ids of the prompt and the text so far. True when they are the first node's, or a beginning of
    /// them: then it says the rest again itself.
    mutating func restart(atPrompt bytes: RawSpan, _ ids: Range<Int>) -> Bool {
        var all = ByteQueue()
        promptIDs.withBytes { all.append($0) }
        outputIDs.withBytes { output in
            if output.byteCount > 0 { all.append(",") }
            all.append(output)
        }
        let agrees = all.withBytes { known in
            bytes.equals(ids, in: known, at: 0)
                && (ids.count == known.byteCount || known.byte(ids.count) == 0x2C)
        }
        guard agrees, ids.count >= promptIDs.count else { return false }
        var kept = ByteQueue()
        let start = min(promptIDs.count + 1, ids.count)
        kept.append(bytes, (ids.lowerBound + start)..<ids.upperBound)
        outputTokens = kept.withBytes { kept in
            var count = kept.byteCount == 0 ? 0 : 1
            for index in 0..<kept.byteCount where kept.byte(index) == 0x2C { count += 1 }
            return count
        }
        givenTokens = outputTokens
        swap(&kept, &outputIDs)
        return true
    }

    /// An event repeats what was said before.
    enum Repetition { case none, repeated, diverged }

    mutating func takeRepetition(_ bytes: RawSpan, _ event: Range<Int>) -> Repetition {
        guard isRepeating else { return .none }
        guard let list = Self.list("\"token_ids\":", bytes, event) else { return .repeated }
        let inside = (list.lowerBound + 1)..<(list.upperBound - 1)
        let agrees = repeatedIDs.withBytes { expected in
            inside.count <= expected.byteCount && bytes.equals(inside, in: expected, at: 0)
                && (inside.count == expected.byteCount || expected.byte(inside.count) == 0x2C)
        }
        guard agrees else { return .diverged }
        outputTokens += Self.appendIDs(bytes, list, to: &outputIDs)
        repeatedIDs.consume(min(inside.count + 1, repeatedIDs.count))
        return .repeated
    }

    /// Places in an event that the client has not asked for, in order.
    typealias Cuts = (first: Range<Int>?, second: Range<Int>?)

    /// The number of prompt tokens, as llama.cpp tells it before the first token. Of a continuation it must be the
    /// prompt's and those that have come since: then the text is the same tokens again.
    mutating func noteProgress(_ bytes: RawSpan, _ event: Range<Int>) {
        guard way == .text, let at = bytes.first("\"prompt_progress\":", in: event) else { return }
        var fields = JSONFields(bytes, at: at + 18)
        while let field = fields.next(bytes) {
            guard bytes.equals(field.key, lowercased: "total"),
                let total = JSONScan.integer(bytes, field.value)
            else { continue }
            if !isContinuing || isAnew {
                promptTokens = total
            } else if promptTokens > 0, total != promptTokens + givenTokens {
                obstacles.insert(.diverged)
            }
        }
    }

    /// Notes what an event adds to the answer.
    /// - Parameter places: of its text and ids, where they are known.
    mutating func note(_ bytes: RawSpan, _ event: Range<Int>, _ places: EventShape.Places?) -> Cuts {
        if let places, places.isDelta == isChat, !isContinuing, !id.isEmpty,
            !takesIDs || !promptIDs.isEmpty
        {
            noteText(bytes, inside: places.text)
            guard takesIDs, let ids = places.ids else { return (nil, nil) }
            outputTokens += Self.appendIDs(bytes, ids, to: &outputIDs)
            return showsIDs ? (nil, nil) : (ids, nil)
        }
        if id.isEmpty { identify(bytes, event) }
        noteDelta(bytes, event)
        guard takesIDs else { return (nil, nil) }
        var cuts: Cuts = (nil, nil)
        if promptIDs.isEmpty || isContinuing,
            let prompt = Self.list("\"prompt_token_ids\":", bytes, event)
        {
            if promptIDs.isEmpty { promptTokens = Self.appendIDs(bytes, prompt, to: &promptIDs) }
            cuts.first = prompt
        }
        if let output = Self.list("\"token_ids\":", bytes, event) {
            outputTokens += Self.appendIDs(bytes, output, to: &outputIDs)
            cuts = Self.inOrder(cuts.first, output)
        }
        return showsIDs ? (nil, nil) : cuts
    }

    /// Two places in their order; of one within the other only the outer one, whatever an engine means by that.
    private static func inOrder(_ one: Range<Int>?, _ other: Range<Int>) -> Cuts {
        guard let one else { return (other, nil) }
        let first = one.lowerBound <= other.lowerBound ? one : other
        let second = one.lowerBound <= other.lowerBound ? other : one
        return (first, second.lowerBound < first.upperBound ? nil : second)
    }

    /// An array behind a key, brackets included.
    private static func list(_ key: StaticString, _ bytes: RawSpan, _ event: Range<Int>) -> Range<Int>? {
        guard let at = bytes.first(key, in: event) else { return nil }
        var scan = JSONScan(at: at + key.utf8CodeUnitCount)
        guard let value = scan.value(bytes), value.upperBound <= event.upperBound,
            bytes.byte(value.lowerBound) == 0x5B
        else { return nil }
        return value
    }

    /// Appends the inside of an array of numbers; says how many they are.
    private static func appendIDs(_ bytes: RawSpan, _ list: Range<Int>, to queue: inout ByteQueue) -> Int {
        let inside = (list.lowerBound + 1)..<(list.upperBound - 1)
        guard !inside.isEmpty else { return 0 }
        if !queue.isEmpty { queue.append(byte: 0x2C) }
        queue.append(bytes, inside)
        var count = 1
        for index in inside where bytes.byte(index) == 0x2C { count += 1 }
        return count
    }

    private mutating func identify(_ bytes: RawSpan, _ event: Range<Int>) {
        guard let start = bytes.first(0x7B, in: event) else { return }
        var fields = JSONFields(bytes, at: start)
        while let field = fields.next(bytes) {
            if bytes.equals(field.key, lowercased: "id") { id.append(bytes, field.value) }
            if bytes.equals(field.key, lowercased: "created") { created.append(bytes, field.value) }
        }
    }

    /// Text that came, and whether the stream is in the middle of something that only its engine can go on with.
    private mutating func noteDelta(_ bytes: RawSpan, _ event: Range<Int>) {
        guard isChat else {
            if let at = bytes.first("\"text\":", in: event) { noteText(bytes, at + 7) }
            return
        }
        guard let at = bytes.first("\"delta\":", in: event) else { return }
        if bytes.has("{\"content\":", at: at + 8) { return noteText(bytes, at + 19) }
        var fields = JSONFields(bytes, at: at + 8)
        while let field = fields.next(bytes) {
            let isFilled = field.value.count > 2 && bytes.byte(field.value.lowerBound) != 0x6E
            if bytes.equals(field.key, lowercased: "content") {
                noteText(bytes, field.value.lowerBound)
            } else if isFilled, bytes.has("reasoning", at: field.key.lowerBound) {
                obstacles.insert(.reasoning)
                isPlain = false
            } else if isFilled, bytes.has("tool_calls", at: field.key.lowerBound) {
                obstacles.insert(.toolCall)
                isPlain = false
            }
        }
    }

    private mutating func noteText(_ bytes: RawSpan, _ at: Int) {
        var scan = JSONScan(at: at)
        guard let string = scan.string(bytes) else { return }
        noteText(bytes, inside: string)
    }

    private mutating func noteText(_ bytes: RawSpan, inside string: Range<Int>) {
        guard !string.isEmpty else { return }
        obstacles.remove(.reasoning)
        if way == .text { outputTokens += 1 }
        if way != .ids || learnsTokens { text.append(bytes, string) }
    }
}
