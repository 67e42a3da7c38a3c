import GatewayCore

/// An engine's page has the same names and labels every second: only its numbers are read again.
extension MetricsText {
    /// Takes the values of another text that differs from this one in nothing but its samples' values.
    ///
    /// The bytes between the values are compared, and the numbers read by the rules of the parser: what this accepts, the
    /// parser reads alike.
    /// - Returns: false where it differs in more, or has timestamps or exemplars; then this one is of no use any more.
    package mutating func takeValues(of text: [UInt8]) -> Bool {
        guard exemplars.isEmpty else { return false }
        var mine = 0
        var theirs = 0
        for index in samples.indices {
            let sample = samples[index]
            guard sample.timestamp == nil else { return false }
            let between = mine..<Int(sample.valueStart)
            guard bytes.isSame(between, in: text, at: theirs) else { return false }
            let start = theirs + between.count
            var end = start
            while end < text.count, text[end] > 0x20 { end += 1 }
            mine = Int(sample.valueEnd)
            let written = Int(sample.valueStart)..<mine
            let isSame = end - start == written.count && bytes.isSame(written, in: text, at: start)
            // Most counters and buckets of a page stand still.
            if !isSame || !sample.isAsWritten {
                guard let value = MetricNumber.parse(text, start..<end) else { return false }
                samples[index].value = value
                samples[index].isAsWritten = isSame
            }
            theirs = end
        }
        let rest = mine..<bytes.count
        return text.count - theirs == rest.count && bytes.isSame(rest, in: text, at: theirs)
    }
}
