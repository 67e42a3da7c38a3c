/// A number with an optional unit as an operator writes it: "10m", "1.5 h", "64 MiB".
package enum Amounts {
    /// Seconds in a text such as "10m", "20s", "1.5h", "250ms" or "20"; nil when it is none.
    package static func seconds(_ text: String) -> Double? {
        amount(text, units: ["": 1, "ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400])
    }

    /// Bytes in a text such as "64MiB", "16 KiB" or "4096"; nil when it is none.
    package static func bytes(_ text: String) -> Double? {
        amount(text, units: ["": 1, "B": 1, "KiB": 1024, "MiB": 1_048_576, "GiB": 1_073_741_824])
    }

    private static func amount(_ text: String, units: [String: Double]) -> Double? {
        let digits = text.unicodeScalars.prefix { $0.isDecimalDigit || $0 == "." }
        let unit = text.unicodeScalars.dropFirst(digits.count).drop { $0 == " " }
        guard let number = JSON5Parser.number(String(digits)), let factor = units[String(unit)] else {
            return nil
        }
        return number * factor
    }
}
