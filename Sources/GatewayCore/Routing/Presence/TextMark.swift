/// A place in a prompt's text that tokens are tied to: the end of a block, or of a part of one.
package struct TextMark: Sendable, Equatable {
    /// Hash of the text up to here.
    package var key: UInt64
    /// Of the text up to here.
    package var bytes: Int
    /// Else it is a part's end, which the chain of a prompt does not tell.
    package var endsBlock: Bool

    package init(key: UInt64, bytes: Int, endsBlock: Bool) {
        self.key = key
        self.bytes = bytes
        self.endsBlock = endsBlock
    }
}

extension PromptHash {
    /// Appends the ends of all parts and blocks of a text.
    /// - Parameters:
    ///   - head: bytes of what stands before the text.
    ///   - blocks: how many blocks that is.
    ///   - root: the hash of that.
    package func append(
        marksOf text: RawSpan, behind head: Int, blocks: Int, root: UInt64, to marks: inout [TextMark]
    ) {
        var chain: [UInt64] = []
        append(blocksOf: text, root: root, to: &chain)
        for block in 0...min(chain.count, max(0, blockLimit - blocks - 1)) {
            let start = block * blockBytes
            var seed = block > 0 ? chain[block - 1] : root
            var index = 0
            while let key = part(index, of: text, block: start, seed: seed) {
                index += 1
                marks.append(
                    TextMark(key: key, bytes: head + start + index * Self.partBytes, endsBlock: false))
                seed = key
            }
            guard block < chain.count else { return }
            marks.append(TextMark(key: chain[block], bytes: head + start + blockBytes, endsBlock: true))
        }
    }
}
