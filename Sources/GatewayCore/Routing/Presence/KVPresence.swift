import Synchronization

/// How far the tokens of a prompt's text are learned.
package struct LearnedText: Sendable, Equatable {
    /// Leading blocks of the text.
    package var blocks = 0
    /// Up to the end of those, in whole blocks of the engines'.
    package var tokens = 0
    /// To the end of its last part: its tokens would teach nothing.
    package var isWhole = false

    package init() {}
}

/// What nodes hold of which prompt, exactly, as their engines' KV events tell it.
///
/// Events name blocks of tokens; requests come as text. The two are tied by the token ids that engines return for a prompt:
/// for a learned text every node's share is known to the block, without a tokenizer and without knowledge of the engines' own
/// hashes. One mutex: a decision holds it for about a microsecond, an event for less.
package final class KVPresence: Sendable {
    /// Prompts of more tokens are learned up to here.
    package static let tokenLimit = 1_048_576

    private let book: Mutex<PresenceBook>
    private let key: UInt64
    /// The node of each feed, by its place in the fleet.
    private let nodes: [Int]
    /// The feed of each node; -1: none.
    private let feeds: [Int]

    /// - Parameters:
    ///   - nodes: places in the fleet of the nodes whose events are read.
    ///   - key: a secret of the process.
    ///   - bytes: of memory at most.
    package init(nodes: [Int], key: UInt64, bytes: Int = 256 * 1024 * 1024) {
        self.nodes = nodes
        self.key = key
        var feeds = Array(repeating: -1, count: (nodes.max() ?? -1) + 1)
        for (feed, node) in nodes.enumerated() { feeds[node] = feed }
        self.feeds = feeds
        book = Mutex(PresenceBook(feeds: nodes.count, key: key, bytes: nodes.isEmpty ? 0 : bytes))
    }

    /// No node tells events: there is nothing to ask or learn.
    package var isEmpty: Bool { nodes.isEmpty }

    private func feed(of node: Int) -> Int? {
        feeds.indices.contains(node) && feeds[node] >= 0 ? feeds[node] : nil
    }

    // MARK: decisions

    /// The hash at the end of a part of a block of a text, given the block, the part and the hash at the part before; nil: the text
    /// has no such part.
    package typealias Parts = (_ block: Int, _ part: Int, _ previous: UInt64?) -> UInt64?

    /// How many leading tokens of a prompt each node holds, in one walk for all.
    /// - Parameters:
    ///   - chain: the hashes of the prompt's blocks of text.
    ///   - parts: of the block where the prompt leaves what is learned, or ends.
    ///   - tokens: set at each node's place; left alone where that is not known.
    /// - Returns: how far the text is learned: a node that holds as many tokens may hold more.
    package func cachedTokens(
        _ chain: [UInt64], parts: Parts = { _, _, _ in nil }, into tokens: inout [Int32]
    ) -> LearnedText {
        guard !nodes.isEmpty else { return LearnedText() }
        return book.withLock { $0.walk(chain, parts: parts, nodes: nodes, into: &tokens) }
    }

    /// The same for one node; nil: it has no event feed, or nobody has learned how the text begins.
    package func cachedTokens(
        _ chain: [UInt64], parts: Parts = { _, _, _ in nil }, node: Int
    ) -> Int? {
        guard feed(of: node) != nil else { return nil }
        var tokens = Array(repeating: Int32(-1), count: feeds.count)
        _ = cachedTokens(chain, parts: parts, into: &tokens)
        return tokens[node] < 0 ? nil : Int(tokens[node])
    }

    // MARK: learning

    /// Whether a text's tokens would teach anything.
    package func wantsTokens(of marks: [TextMark]) -> Bool {
        !nodes.isEmpty && !marks.isEmpty && book.withLock { !$0.isLearned(marks) }
    }

    /// Ties a text to its tokens.
    /// - Parameters:
    ///   - model: `PromptHash.of` the model's name, by which an adapter is known.
    ///   - salt: `PromptHash.of` the request's cache salt; 0: none.
    package func learn(_ text: Tokenization, model: UInt64, salt: UInt64 = 0) {
        guard wantsTokens(of: text.marks) else { return }
        let isAdapter = book.withLock { $0.adapters.contains(model) }
        var hash = TokenHash(key: key, adapter: isAdapter ? model : 0)
        hash.append(extra: salt)
        var hashes: [UInt64] = []
        hashes.reserveCapacity(text.ids.count / PositionTable.step)
        for (index, id) in text.ids.prefix(Self.tokenLimit).enumerated() {
            hash.append(id)
            if (index + 1) % PositionTable.step == 0 { hashes.append(hash.value) }
        }
        let prompt = PresenceBook.Prompt(
            marks: text.marks, anchors: text.anchors, hashes: hashes,
            promptPositions: text.promptTokens / PositionTable.step)
        book.withLock { $0.learn(prompt) }
    }

    // MARK: events

    /// Takes the events of one batch.
    /// - Parameter passedOver: how many more there were that say nothing here.
    package func apply(_ events: [KVEvent], passedOver: Int = 0, node: Int) {
        guard let feed = feed(of: node) else { return }
        for event in events { book.withLock { $0.apply(event, feed: feed) } }
        update(node) {
            $0.batches += 1
            $0.passedOver += passedOver
        }
    }

    /// Drops everything known of a node: its engine restarted, or events are lost for good.
    package func clear(node: Int) {
        guard let feed = feed(of: node) else { return }
        book.withLock {
            $0.forget(feed)
            $0.feeds[feed].status.isWhole = false
            $0.feeds[feed].status.clears += 1
        }
    }

    /// Notes what its reader has seen of a node's feed.
    package func update(_ node: Int, _ change: (inout KVFeedStatus) -> Void) {
        guard let feed = feed(of: node) else { return }
        book.withLock { change(&$0.feeds[feed].status) }
    }

    /// nil: the node has no event feed.
    package func status(node: Int) -> KVFeedStatus? {
        guard let feed = feed(of: node) else { return nil }
        return book.withLock {
            var status = $0.feeds[feed].status
            status.blocks = $0.feeds[feed].blocks.count
            return status
        }
    }

    /// Positions that some node held and that gave way to others for want of memory.
    package var evicted: Int { book.withLock { $0.positions.evicted } }
}
