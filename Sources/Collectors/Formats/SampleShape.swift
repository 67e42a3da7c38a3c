import GatewayCore

/// Places of what stands in a sample's line between its name and its value. The next lines mostly have the same but for what
/// is between quotes.
struct SampleShape: Sendable {
    /// Behind the name, up to the value.
    var place = 0..<0
    /// Between the braces.
    var labels = 0..<0
    /// Between the quotes of labels' values, in order.
    var values: [Range<Int>] = []

    /// Where the value begins in a line that goes on so at `start`, and where its labels stand.
    /// - Returns: nil where it differs in more than plain values of labels.
    func end(of start: Int, in text: RawSpan) -> (end: Int, labels: Range<Int>)? {
        guard !place.isEmpty else { return nil }
        var mine = place.lowerBound
        var theirs = start
        // By index: an iterator would count a reference for each line.
        for index in values.indices {
            let value = values[index]
            guard text.equals(mine..<value.lowerBound, in: text, at: theirs),
                let end = text.plainStringEnd(from: theirs + value.lowerBound - mine)
            else { return nil }
            mine = value.upperBound
            theirs = end
        }
        let end = theirs + place.upperBound - mine
        guard text.equals(mine..<place.upperBound, in: text, at: theirs), end < text.byteCount,
            text.byte(end) > 0x20
        else { return nil }
        let labelsStart = start + labels.lowerBound - place.lowerBound
        return (end, labelsStart..<(end + labels.upperBound - place.upperBound))
    }
}
