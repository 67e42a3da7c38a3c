/// What requests used and cost: those of one tenant, model, session or node, or all.
package struct Spending: Codable, Sendable, Equatable {
    package var completed: UInt64 = 0
    package var failed: UInt64 = 0
    package var cancelled: UInt64 = 0
    /// Attempts that were sent again elsewhere.
    package var retriedAway: UInt64 = 0
    /// Streams that another node went on with.
    package var migratedAway: UInt64 = 0
    package var promptTokens: UInt64 = 0
    package var cachedTokens: UInt64 = 0
    package var outputTokens: UInt64 = 0
    /// Of `outputTokens`: of streams that did not complete.
    package var wastedTokens: UInt64 = 0
    package var dollars = 0.0
    package var waste = WastedDollars()
    /// Attempts on nodes with a price and on nodes without one, which cost nothing here.
    package var pricedAttempts: UInt64 = 0
    package var unpricedAttempts: UInt64 = 0

    package init() {}

    /// Those that ended; the gateway's own refusals are not among them.
    package var requests: UInt64 { completed + failed + cancelled }
    package var usefulTokens: UInt64 { outputTokens - min(wastedTokens, outputTokens) }

    /// - Parameter isPriced: the node has a price; nil: it was on no node.
    mutating func book(_ settlement: Settlement, isPriced: Bool?) {
        dollars += settlement.dollars
        if let isPriced {
            pricedAttempts += isPriced ? 1 : 0
            unpricedAttempts += isPriced ? 0 : 1
        }
        if settlement.isRetry {
            retriedAway += 1
            waste.retried += settlement.dollars
            return
        }
        if settlement.isHandedOn { migratedAway += 1 } else { bookEnd(settlement) }
        outputTokens += UInt64(settlement.outputTokens)
        cachedTokens += UInt64(settlement.cachedTokens ?? 0)
        // Without a first token nobody knows that the prompt was computed.
        if settlement.ttftNanoseconds != nil || settlement.outcome == .completed {
            promptTokens += UInt64(settlement.promptTokens)
        }
    }

    private mutating func bookEnd(_ settlement: Settlement) {
        if settlement.outcome != .completed { wastedTokens += UInt64(settlement.outputTokens) }
        switch settlement.outcome {
        case .completed: completed += 1
        case .failed:
            failed += 1
            waste.failed += settlement.dollars
        case .cancelled:
            cancelled += 1
            waste.cancelled += settlement.dollars
        case .refused: break
        }
    }

    /// A stream that had gone on elsewhere did not complete: what it had cost before was in vain too.
    mutating func writeOff(_ part: HandedOn) {
        waste.moved += part.dollars
        wastedTokens += part.tokens
    }

    package mutating func add(_ other: Spending) {
        completed += other.completed
        failed += other.failed
        cancelled += other.cancelled
        retriedAway += other.retriedAway
        migratedAway += other.migratedAway
        promptTokens += other.promptTokens
        cachedTokens += other.cachedTokens
        outputTokens += other.outputTokens
        wastedTokens += other.wastedTokens
        dollars += other.dollars
        waste.add(other.waste)
        pricedAttempts += other.pricedAttempts
        unpricedAttempts += other.unpricedAttempts
    }
}

/// Dollars that gave nobody a whole answer, by what became of the work.
package struct WastedDollars: Codable, Sendable, Equatable {
    /// Attempts before the first byte that were sent again elsewhere.
    package var retried = 0.0
    /// The client hung up, or its session was cancelled.
    package var cancelled = 0.0
    package var failed = 0.0
    /// Parts of streams that went on elsewhere and did not complete there.
    package var moved = 0.0

    package init() {}

    package var total: Double { retried + cancelled + failed + moved }

    mutating func add(_ other: WastedDollars) {
        retried += other.retried
        cancelled += other.cancelled
        failed += other.failed
        moved += other.moved
    }
}

/// What a stream had cost on a node that another one took it over from.
struct HandedOn: Sendable {
    var node: Int
    var dollars: Double
    var tokens: UInt64
}
