/// One request's life in numbers, from its head to its settlement. Its bytes are in the client's and upstream's queues.
package struct Exchange: Sendable {
    /// How often a request may be sent: the first time and at most seven retries.
    static let attemptLimit = 8

    /// Unique in this gateway's life; 0: no request.
    var id: UInt64 = 0
    /// As in the fleet when it was admitted; empty for routes without a model.
    var model = ""
    /// Of the model's name as the request has it; 0: it names none.
    var modelHash: UInt64 = 0
    /// Index of the node; -1: none yet.
    var node: Int32 = -1
    /// Monotonic nanoseconds; 0: not yet.
    var began: UInt64 = 0
    var dispatched: UInt64 = 0
    var firstToken: UInt64 = 0
    var lastToken: UInt64 = 0
    /// When it first began to wait for a node, and until when it may.
    var queuedSince: UInt64 = 0
    var queuedUntil: UInt64 = 0
    var priority = RequestPriority.normal
    /// Hash of the tenant's name, from its inspection on; 0: it names none.
    var tenant: UInt64 = 0
    /// The queue that it is or was in: hash of the model's name.
    var queue: UInt64 = 0
    var isWaiting = false
    /// Its tenant has paid for this much output in advance; nil: for nothing.
    var paidOutput: Int32?
    var attempts: UInt8 = 0
    private var tried = InlineArray<8, Int16>(repeating: -1)
    var promptBytes: Int32 = 0
    /// Estimated at routing, from bytes.
    var promptTokens: Int32 = 0
    /// Predicted at routing.
    var cachedTokens: Int32 = 0
    /// Its prompt's tokens would teach what engines hold of its text.
    var wantsTokens = false
    /// The shadows were told of it.
    var isShadowed = false
    /// From its inspection on.
    var sessionHash: UInt64?
    /// The client has got bytes of the answer; from here on nothing can be sent again.
    var hasStarted = false
    /// The client has got a head and comments that its answer is waited for, and nothing of the answer: it can still be sent
    /// again, but its status is said.
    var isCommitted = false
    /// Faults in its stream that were told.
    var faults: UInt8 = 0
    /// Counted as received and not yet as ended.
    var isOpen = false
    /// It holds its node's ticket for a probe, from routing until it is counted there.
    var isProbe = false
    /// Of the loop's cost clock for the node, when it was dispatched.
    var costStart = 0.0

    var uncachedTokens: Int { Int(max(0, promptTokens - cachedTokens)) }

    func hasTried(_ node: Int) -> Bool {
        for place in 0..<Int(attempts) where tried[place] == Int16(node) { return true }
        return false
    }

    /// Notes a dispatch to a node.
    mutating func attempt(_ node: Int, at now: UInt64) {
        if Int(attempts) < Self.attemptLimit {
            tried[Int(attempts)] = Int16(node)
            attempts += 1
        }
        self.node = Int32(node)
        dispatched = now
    }

    /// A stream that goes on elsewhere may come back to any node but the one that it leaves.
    mutating func forgetAttempts(but node: Int32) {
        attempts = 1
        tried[0] = Int16(node)
    }

    /// A kept connection turned out closed: the same node may be tried again.
    mutating func forgetLastAttempt() {
        guard attempts > 0 else { return }
        attempts -= 1
        tried[Int(attempts)] = -1
    }
}
