/// Which tokens lie behind which text.
///
/// Engines tell a prompt's token ids but not where in the text each stands. Between two places where that is known (a prompt's
/// end, the end of the answer to it) a record begins with an even spread of the tokens over the text's bytes; other prompts that
/// begin alike then correct it, since the tokens that two prompts share end where their texts part, within one part of a block.
extension PresenceBook {
    /// A text and its tokens together.
    struct Prompt {
        var marks: [TextMark]
        var anchors: [Tokenization.Anchor]
        /// Of the tokens up to each position, from position 1 on.
        var hashes: [UInt64]
        /// Up to here they are a prompt's.
        var promptPositions: Int

        /// Positions up to a place in the text, spread evenly between the anchors around it.
        /// - Parameter known: a place before it of which that is known.
        func position(at bytes: Int, behind known: Tokenization.Anchor) -> Int {
            guard let next = anchors.first(where: { $0.bytes >= bytes }) else { return hashes.count }
            var last = known
            if let before = anchors.last(where: { $0.bytes < bytes }), before.bytes > last.bytes {
                last = before
            }
            let share = Double(bytes - last.bytes) / Double(max(1, next.bytes - last.bytes))
            let tokens = Double(last.tokens) + Double(next.tokens - last.tokens) * share
            return min(hashes.count, Int(tokens) / PositionTable.step)
        }
    }

    /// How far a text is learned.
    private struct Known {
        var marks = 0
        /// Positions up to there, and up to the last end of a block.
        var end = 0
        var blockEnd = 0
    }

    func isLearned(_ marks: [TextMark]) -> Bool { marks.last.map { texts.find($0.key) != nil } ?? true }

    mutating func learn(_ prompt: Prompt) {
        var known = confirm(prompt)
        correct(prompt, &known)
        var anchor = Tokenization.Anchor(bytes: 0, tokens: 0)
        if known.marks > 0 {
            anchor.bytes = prompt.marks[known.marks - 1].bytes
            anchor.tokens = known.end * PositionTable.step
        }
        for mark in prompt.marks[known.marks...] {
            known.end = max(known.end, prompt.position(at: mark.bytes, behind: anchor))
            texts.set(mark.key, to: TextRecord(prompt.hashes, from: known.blockEnd, to: known.end))
            if mark.endsBlock { known.blockEnd = known.end }
        }
        // An answer's tokens are nobody's prompt yet: whoever goes on from it may write it in other words.
        for hash in prompt.hashes.prefix(prompt.promptPositions) { positions.learn(hash) }
    }

    /// Goes along the marks that are learned. One whose tokens are not this text's reached too far: it is cut back, and those
    /// behind it are learned anew.
    private mutating func confirm(_ prompt: Prompt) -> Known {
        var known = Known()
        for mark in prompt.marks {
            guard let place = texts.find(mark.key) else { return known }
            let record = texts[place]
            var agreed = known.end
            for position in stride(from: record.first, through: Int(record.end), by: 1) {
                guard position <= prompt.hashes.count,
                    prompt.hashes[position - 1] == record.hash(at: position)
                else { break }
                agreed = position
            }
            known.marks += 1
            known.end = agreed
            if mark.endsBlock { known.blockEnd = agreed }
            guard agreed == Int(record.end) || record.first > Int(record.end) else {
                texts.set(
                    mark.key, to: TextRecord(prompt.hashes, from: blockStart(prompt, known), to: agreed))
                return known
            }
            texts.touch(place)
        }
        return known
    }

    /// Where the block begins whose end, or part's end, is the last known mark.
    private func blockStart(_ prompt: Prompt, _ known: Known) -> Int {
        let before = prompt.marks.prefix(known.marks - 1).last { $0.endsBlock }
        return before.flatMap { texts.find($0.key) }.map { Int(texts[$0].end) } ?? 0
    }

    /// The texts part behind a mark: the tokens that both have end before the next one, so this mark is no further back than
    /// what lies between them.
    private mutating func correct(_ prompt: Prompt, _ known: inout Known) {
        guard known.marks > 0, known.marks < prompt.marks.count, let all = prompt.anchors.last else { return }
        var shared = known.end
        while shared < prompt.hashes.count, positions.knows(prompt.hashes[shared]) { shared += 1 }
        let mark = prompt.marks[known.marks - 1]
        let between = prompt.marks[known.marks].bytes - mark.bytes
        let least = shared - (between * prompt.hashes.count + all.bytes - 1) / max(1, all.bytes)
        guard least > known.end else { return }
        texts.set(mark.key, to: TextRecord(prompt.hashes, from: blockStart(prompt, known), to: least))
        known.end = least
        if mark.endsBlock { known.blockEnd = least }
    }
}
