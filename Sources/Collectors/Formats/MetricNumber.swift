import GatewayCore

/// The number of an exposition line, read as Prometheus reads it: decimal with an optional exponent, `NaN`,
/// `Inf` in any case; no hexadecimal, no underscores, no unit.
enum MetricNumber {
    /// nil when the bytes are not a number.
    ///
    /// A mantissa below 2^53 times or over a power of ten up to 10^22 is one exact operation, hence correctly
    /// rounded (W. D. Clinger, "How to read floating point numbers accurately", 1990); the rest goes to the
    /// standard library.
    static func parse(_ bytes: RawSpan, _ range: Range<Int>) -> Double? {
        var at = range.lowerBound
        let end = range.upperBound
        guard at < end else { return nil }
        let negative = bytes.byte(at) == UInt8(ascii: "-")
        if negative || bytes.byte(at) == UInt8(ascii: "+") { at += 1 }
        guard at < end else { return nil }
        if bytes.byte(at) > UInt8(ascii: "9") { return special(bytes, at..<end, range, negative: negative) }
        guard let shape = DecimalShape(bytes, at..<end) else { return nil }
        if let exact = shape.exact { return negative ? -exact : exact }
        return Double(bytes.text(range))
    }

    static func parse(_ bytes: [UInt8], _ range: Range<Int>) -> Double? {
        bytes.withSpan { parse($0, range) }
    }

    private static func special(
        _ bytes: RawSpan, _ word: Range<Int>, _ whole: Range<Int>, negative: Bool
    ) -> Double? {
        switch bytes.text(word).lowercased() {
        case "inf", "infinity": return negative ? -.infinity : .infinity
        case "nan": return word.lowerBound == whole.lowerBound ? .nan : nil
        default: return nil
        }
    }
}

/// Digits, point and exponent of a decimal number.
private struct DecimalShape {
    /// Powers of ten that a Double holds exactly.
    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
        1e19, 1e20, 1e21, 1e22,
    ]

    private var mantissa: UInt64 = 0
    /// Significant digits read into the mantissa; past 18 it may have lost some.
    private var digits = 0
    private var power = 0

    /// nil when the bytes are not `digits[.digits][e[sign]digits]` with a digit before the exponent.
    init?(_ bytes: RawSpan, _ range: Range<Int>) {
        var at = range.lowerBound
        let end = range.upperBound
        var seen = 0
        var pointAt = -1
        while at < end {
            let byte = bytes.byte(at)
            let digit = byte &- UInt8(ascii: "0")
            if digit < 10 {
                seen += 1
                append(digit)
                if pointAt >= 0 { power -= 1 }
            } else if byte == UInt8(ascii: "."), pointAt < 0 {
                pointAt = at
            } else {
                break
            }
            at += 1
        }
        guard seen > 0 else { return nil }
        guard at < end else { return }
        guard bytes.byte(at) | 0x20 == UInt8(ascii: "e"), let exponent = Self.exponent(bytes, (at + 1)..<end)
        else {
            return nil
        }
        power += exponent
    }

    private mutating func append(_ digit: UInt8) {
        guard digits > 0 || digit != 0 else { return }
        digits += 1
        if digits <= 18 { mantissa = mantissa &* 10 &+ UInt64(digit) }
    }

    private static func exponent(_ bytes: RawSpan, _ range: Range<Int>) -> Int? {
        var at = range.lowerBound
        guard at < range.upperBound else { return nil }
        let negative = bytes.byte(at) == UInt8(ascii: "-")
        if negative || bytes.byte(at) == UInt8(ascii: "+") { at += 1 }
        guard at < range.upperBound else { return nil }
        var value = 0
        while at < range.upperBound {
            let digit = bytes.byte(at) &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = min(value * 10 + Int(digit), 100_000)
            at += 1
        }
        return negative ? -value : value
    }

    /// The value, where one exact operation gives it.
    var exact: Double? {
        guard digits <= 18, mantissa < 1 << 53 else { return nil }
        let value = Double(mantissa)
        if power == 0 || mantissa == 0 { return value }
        guard abs(power) < Self.powers.count else { return nil }
        return power < 0 ? value / Self.powers[-power] : value * Self.powers[power]
    }
}
