/// Writes the Prometheus text format.
struct ExpositionText {
    private(set) var text = ""

    mutating func family(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    /// - Parameter labels: as they stand between the braces; empty for none.
    mutating func sample(_ name: String, _ labels: String, _ value: Double) {
        text += name
        if !labels.isEmpty { text += "{\(labels)}" }
        text += " \(value)\n"
    }

    mutating func histogram(_ name: String, _ labels: String, _ histogram: BucketCounter, _ help: String) {
        family(name, "histogram", help)
        var total = 0
        let bounds = histogram.bounds.map { "\($0)" } + ["+Inf"]
        for (bound, count) in zip(bounds, histogram.counts) {
            total += count
            sample("\(name)_bucket", "\(labels),le=\"\(bound)\"", Double(total))
        }
        sample("\(name)_count", labels, Double(total))
        sample("\(name)_sum", labels, histogram.sum)
    }

    /// A label value in quotes, escaped.
    static func quoted(_ value: String) -> String {
        var result = "\""
        for character in value {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
        return result + "\""
    }
}
