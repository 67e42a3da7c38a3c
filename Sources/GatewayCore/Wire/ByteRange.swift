/// A range of bytes by 32-bit offsets, for state that is kept for every connection.
package struct ByteRange: Sendable, Equatable {
    package var lower: Int32
    package var upper: Int32
    package init(_ range: Range<Int>) {
        lower = Int32(truncatingIfNeeded: range.lowerBound)
        upper = Int32(truncatingIfNeeded: range.upperBound)
    }
    package static let empty = ByteRange(0..<0)
    package var isEmpty: Bool { lower >= upper }
    package var range: Range<Int> { Int(lower)..<Int(upper) }
}
