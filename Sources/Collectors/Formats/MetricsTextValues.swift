import GatewayCore

/// An engine's page has the same names and labels every second: only its numbers are read again.
extension MetricsText {
    /// Takes the values of another text that differs from this one in nothing but its samples' values.
    ///
    /// What is the same is passed over in long runs; where the texts part, it must be in a value, which is read by the rules
    /// of the parser: what this accepts, the parser reads alike.
    /// - Returns: false where it differs in more, or has timestamps or exemplars; then this one is of no use any more.
    package mutating func takeValues(of text: RawSpan) -> Bool {
        guard exemplars.isEmpty, !hasTimestamps else { return false }
        var mine = 0
        var theirs = 0
        var next = 0
        while true {
            let same = bytes.sameCount(mine..., as: text, at: theirs)
            mine += same
            theirs += same
            // A value has stood still when the byte behind it has too.
            while next < samples.count, Int(samples[next].valueEnd) < mine {
                guard samples[next].isAsWritten || takeWritten(next) else { return false }
                next += 1
            }
            guard next < samples.count, mine >= Int(samples[next].valueStart) else { break }
            let start = theirs - (mine - Int(samples[next].valueStart))
            var end = theirs
            while end < text.byteCount, text.byte(end) > 0x20 { end += 1 }
            mine = Int(samples[next].valueEnd)
            theirs = end
            guard let value = MetricNumber.parse(text, start..<end) else { return false }
            samples[next].value = value
            samples[next].isAsWritten = false
            next += 1
        }
        return mine == bytes.count && theirs == text.byteCount
    }

    /// The value in this text, in place of one that was taken.
    private mutating func takeWritten(_ index: Int) -> Bool {
        let place = Int(samples[index].valueStart)..<Int(samples[index].valueEnd)
        guard let value = MetricNumber.parse(bytes, place) else { return false }
        samples[index].value = value
        samples[index].isAsWritten = true
        return true
    }
}
