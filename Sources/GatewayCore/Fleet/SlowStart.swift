#if canImport(Glibc)
    import Glibc
#endif

/// How a node that comes back gets its share of requests little by little, so that a cold engine is not flooded.
///
/// Envoy's curve (`SlowStartConfig` of the cluster API, v3):
///
///     effective weight = weight x max(floor, (time / window) ^ (1 / aggression))
package struct SlowStart: Sendable, Equatable {
    /// The window; 0: a node gets its whole share at once.
    package var seconds = 30.0
    /// 1 rises in a straight line; above it faster at first, below it slower.
    package var aggression = 1.0
    /// The least share of its weight that a node has, 0...1.
    package static let floor = 0.1

    package init() {}

    /// The share of its weight, 0...1.
    /// - Parameter elapsed: seconds since the node came back.
    package func factor(elapsed: Double) -> Double {
        guard seconds > 0, elapsed < seconds else { return 1 }
        return max(Self.floor, pow(max(0, elapsed) / seconds, 1 / aggression))
    }

    /// The weight to route by, 1...100; 0 stays 0.
    package func weight(_ weight: Int, elapsed: Double) -> Int {
        guard weight > 0 else { return 0 }
        return max(1, Int((Double(weight) * factor(elapsed: elapsed)).rounded()))
    }
}
