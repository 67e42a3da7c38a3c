import GatewayCore
import Glibc

extension SplitMix64 {
    /// SplitMix64's finalizer: spreads every bit of a value over the whole word.
    package static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Uniform in 0..<1.
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    package mutating func integer(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.count))
    }

    /// Exponentially distributed, for the gaps of a Poisson process.
    package mutating func exponential(mean: Double) -> Double { -mean * log(1 - unit()) }

    /// Log-normally distributed around a median; `sigma` is the deviation of the logarithm.
    package mutating func logNormal(median: Double, sigma: Double) -> Double {
        let normal = (-2 * log(1 - unit())).squareRoot() * cos(2 * Double.pi * unit())
        return median * exp(sigma * normal)
    }

    /// A rank in 0..<count, the first the likeliest, falling as 1/rank.
    package mutating func zipf(count: Int) -> Int {
        let total = (1...count).reduce(0.0) { $0 + 1 / Double($1) }
        var rest = unit() * total
        for rank in 1...count {
            rest -= 1 / Double(rank)
            if rest < 0 { return rank - 1 }
        }
        return count - 1
    }
}
