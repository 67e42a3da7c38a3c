import Synchronization

/// Which requests are refused while the process is near its memory ceiling: the least urgent first.
///
/// A class is let in again only when use has fallen some way below what shut it out, so that the answer does not flap.
package struct Overload: Sendable {
    /// Shares of the ceiling from which on low, then normal, then all requests are refused.
    static let low = 0.85
    static let normal = 0.92
    static let high = 0.98
    static let hysteresis = 0.05

    /// Requests of this class and of less urgent ones are refused; nil: none.
    package private(set) var shedding: RequestPriority?

    package init() {}

    /// - Parameter used: resident memory as a share of the ceiling.
    package mutating func take(used: Double) {
        let rising = Self.level(used)
        let falling = Self.level(used + Self.hysteresis)
        guard let now = shedding else { return shedding = rising }
        if let rising, rising < now { return shedding = rising }
        // It stays while even the lower mark is not passed.
        guard let falling else { return shedding = nil }
        shedding = max(now, falling)
    }

    private static func level(_ used: Double) -> RequestPriority? {
        used >= high ? .high : used >= normal ? .normal : used >= low ? .low : nil
    }
}

/// What control tells the loops of it.
package final class OverloadSignal: Sendable {
    /// One more than the class's number; 0: none.
    private let level = Atomic<Int>(0)

    package init() {}

    package var shedding: RequestPriority? {
        UInt8(exactly: level.load(ordering: .relaxed) - 1).flatMap(RequestPriority.init(rawValue:))
    }

    package func set(_ shedding: RequestPriority?) {
        level.store(shedding.map { Int($0.rawValue) + 1 } ?? 0, ordering: .relaxed)
    }
}
