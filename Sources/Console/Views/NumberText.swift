import Foundation

/// Numbers as the screen shows them. Unknown is `--`, never 0.
package enum NumberText {
    package static let unknown = "--"

    /// A whole number with thousands apart: "12,345"; above a million "1.23M".
    package static func count(_ value: Double?) -> String {
        guard let value, value.isFinite else { return unknown }
        if abs(value) >= 9_999_500 { return fixed(value / 1_000_000, significant(value / 1_000_000)) + "M" }
        let digits = String(Int(value.rounded()))
        guard abs(value) >= 999.5 else { return digits }
        var grouped = ""
        for (index, digit) in digits.reversed().enumerated() {
            if index > 0, index % 3 == 0, digit != "-" { grouped.append(",") }
            grouped.append(digit)
        }
        return String(grouped.reversed())
    }

    package static func count(_ value: Int) -> String { count(Double(value)) }
    package static func count(_ value: UInt64) -> String { count(Double(value)) }

    /// A count for a narrow column: "812", "12.3k", "1.23M".
    package static func short(_ value: Double?) -> String {
        guard let value, value.isFinite else { return unknown }
        switch abs(value) {
        case ..<9_999.5: return String(Int(value.rounded()))
        case ..<999_500: return fixed(value / 1_000, significant(value / 1_000)) + "k"
        default: return fixed(value / 1_000_000, significant(value / 1_000_000)) + "M"
        }
    }

    /// A rate with three significant digits.
    package static func rate(_ value: Double?) -> String {
        guard let value, value.isFinite else { return unknown }
        return abs(value) >= 99.95 ? count(value) : fixed(value, significant(value))
    }

    /// A ratio as whole percent, without the sign.
    package static func percent(_ ratio: Double?) -> String {
        guard let ratio, ratio.isFinite else { return unknown }
        return String(Int((min(max(ratio, -9.99), 9.99) * 100).rounded()))
    }

    /// Seconds as whole milliseconds, without the unit; below 10 with a decimal.
    package static func milliseconds(_ seconds: Double?) -> String {
        guard let seconds, seconds.isFinite else { return unknown }
        let value = seconds * 1_000
        return value < 9.95 ? fixed(value, 1) : String(Int(min(value, 9_999_999).rounded()))
    }

    package static func dollars(_ value: Double?) -> String {
        guard let value, value.isFinite else { return unknown }
        return value >= 99.95 ? count(value) : fixed(value, value < 0.0995 && value > 0 ? 3 : 2)
    }

    /// What a single stream costs: fractions of a cent.
    package static func smallDollars(_ value: Double?) -> String {
        guard let value, value.isFinite else { return unknown }
        return fixed(value, value < 1 ? 4 : 2)
    }

    /// Bytes in GB (1e9), without the unit.
    package static func gigabytes(_ bytes: Double?) -> String {
        guard let bytes, bytes.isFinite else { return unknown }
        return fixed(bytes / 1e9, bytes < 9.95e9 ? 1 : 0)
    }

    /// Bytes with a binary unit: "812 B", "3.4 MiB".
    package static func bytes(_ bytes: Double?) -> String {
        guard let bytes, bytes.isFinite else { return unknown }
        var value = bytes
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if abs(value) < 1_023.5 { return (unit == "B" ? count(value) : rate(value)) + " " + unit }
            value /= 1_024
        }
        return rate(value) + " TiB"
    }

    /// A span for people: "0.4s", "12s", "3m04s", "2h10m", "3d02h".
    package static func span(_ seconds: Double?) -> String {
        guard let seconds, seconds.isFinite else { return unknown }
        let sign = seconds < 0 ? "-" : ""
        let magnitude = min(abs(seconds), 8_639_999_999)
        if magnitude < 9.95 { return sign + fixed(magnitude, 1) + "s" }
        let whole = Int(magnitude.rounded())
        if whole < 60 { return sign + "\(whole)s" }
        if whole < 3_600 { return sign + "\(whole / 60)m" + padded(whole % 60) + "s" }
        if whole < 86_400 { return sign + "\(whole / 3_600)h" + padded(whole % 3_600 / 60) + "m" }
        return sign + "\(whole / 86_400)d" + padded(whole % 86_400 / 3_600) + "h"
    }

    /// The time of day in UTC, "14:03:22"; unknown for 0.
    package static func clock(_ time: Double) -> String {
        guard time.isFinite, time > 0, time < 1e12 else { return "--:--:--" }
        let second = Int(time) % 86_400
        return padded(second / 3_600) + ":" + padded(second % 3_600 / 60) + ":" + padded(second % 60)
    }

    /// "1 stream", "3 streams".
    package static func plural(_ count: Int, _ word: String) -> String {
        "\(self.count(count)) \(word)\(count == 1 ? "" : "s")"
    }

    package static func fixed(_ value: Double, _ decimals: Int) -> String {
        String(format: "%.\(decimals)f", value)
    }

    /// Decimals that make three significant digits.
    private static func significant(_ value: Double) -> Int {
        switch abs(value) {
        case ..<9.995: 2
        case ..<99.95: 1
        default: 0
        }
    }

    private static func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
}
