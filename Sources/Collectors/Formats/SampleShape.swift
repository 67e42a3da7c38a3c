import GatewayCore

/// Places of a sample's line up to its value. The lines behind it mostly differ from it in what stands between quotes.
struct SampleShape: Sendable {
    /// From the name to the value.
    var line = 0..<0
    /// Between the braces.
    var labels = 0..<0
    /// Between the quotes of labels' values, in order.
    var values: [Range<Int>] = []

    /// Where the value begins in another line of this shape, and where its labels stand.
    /// - Returns: nil where it differs in more than plain values of labels.
    func end(of start: Int, in text: RawSpan) -> (end: Int, labels: Range<Int>)? {
        var mine = line.lowerBound
        var theirs = start
        for value in values {
            guard text.equals(mine..<value.lowerBound, in: text, at: theirs),
                let end = text.plainStringEnd(from: theirs + value.lowerBound - mine)
            else { return nil }
            mine = value.upperBound
            theirs = end
        }
        let end = theirs + line.upperBound - mine
        guard text.equals(mine..<line.upperBound, in: text, at: theirs), end < text.byteCount,
            text.byte(end) > 0x20
        else { return nil }
        let labelsStart = start + labels.lowerBound - line.lowerBound
        return (end, labelsStart..<(end + labels.upperBound - line.upperBound))
    }
}
