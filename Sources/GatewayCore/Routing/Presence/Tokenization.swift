/// A prompt's text and its tokens, as an engine told them; perhaps with the answer behind.
package struct Tokenization: Sendable {
    /// A place in the text where it is known how many tokens lie before it.
    package struct Anchor: Sendable {
        var bytes: Int
        var tokens: Int
    }

    package var marks: [TextMark]
    /// Ascending.
    package private(set) var anchors: [Anchor] = []
    package private(set) var ids: [UInt32] = []
    /// How many of `ids` are the prompt's.
    package private(set) var promptTokens: Int

    package init(marks: [TextMark], promptBytes: Int, promptIDs: [UInt32]) {
        self.marks = marks
        promptTokens = promptIDs.count
        append(promptIDs, bytes: promptBytes)
    }

    /// The text goes on with so many bytes of these tokens.
    package mutating func append(_ more: [UInt32], bytes: Int) {
        ids += more
        anchors.append(Anchor(bytes: (anchors.last?.bytes ?? 0) + bytes, tokens: ids.count))
    }
}
