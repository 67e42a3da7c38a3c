import Synchronization

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

    /// How many leading tokens of a prompt each node holds, in one walk for all.
    /// - Parameters:
    ///   - chain: the hashes of the prompt's blocks of text.
    ///   - tokens: set at each node's place; left alone where that is not known.
    /// - Returns: how many blocks of the text, and tokens, are learned: a node that holds as many tokens may hold more.
    package func cachedTokens(_ chain: [UInt64], into tokens: inout [Int32]) -> (blocks: Int, tokens: Int) {
        guard !nodes.isEmpty else { return (0, 0) }
        return book.withLock { $0.walk(chain, nodes: nodes, into: &tokens) }
    }

    /// The same for one node; nil: it has no event feed, or nobody has learned how the text begins.
    package func cachedTokens(_ chain: [UInt64], node: Int) -> Int? {
        guard feed(of: node) != nil else { return nil }
        var tokens = Array(repeating: Int32(-1), count: feeds.count)
        _ = cachedTokens(chain, into: &tokens)
        return tokens[node] < 0 ? nil : Int(tokens[node])
    }

    // MARK: learning

    /// Whether a prompt's tokens would teach anything. Cheap, to be asked before they are looked for.
    package func wantsTokens(of chain: [UInt64]) -> Bool {
        !nodes.isEmpty && !chain.isEmpty && book.withLock { !$0.isLearned(chain) }
    }

    /// Ties a prompt's text to its tokens.
    /// - Parameters:
    ///   - blockBytes: of a block of `chain`.
    ///   - headBytes: of what the engine puts before the text that `chain` is of.
    ///   - textBytes: of the text that `chain` is of, its last part that fills no block included.
    ///   - model: `PromptHash.of` the model's name, by which an adapter is known.
    ///   - salt: `PromptHash.of` the request's cache salt; 0: none.
    ///   - ids: as the engine told them.
    package func learn(
        _ chain: [UInt64], blockBytes: Int, headBytes: Int = 0, textBytes: Int, model: UInt64,
        salt: UInt64 = 0, ids: [UInt32]
    ) {
        guard wantsTokens(of: chain) else { return }
        let isAdapter = book.withLock { $0.adapters.contains(model) }
        var hash = TokenHash(key: key, adapter: isAdapter ? model : 0)
        hash.append(extra: salt)
        var hashes: [UInt64] = []
        hashes.reserveCapacity(ids.count / PositionTable.step)
        for (index, id) in ids.prefix(Self.tokenLimit).enumerated() {
            hash.append(id)
            if (index + 1) % PositionTable.step == 0 { hashes.append(hash.value) }
        }
        let prompt = PresenceBook.Prompt(
            chain: chain, blockBytes: blockBytes, headBytes: headBytes, textBytes: textBytes, hashes: hashes)
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
