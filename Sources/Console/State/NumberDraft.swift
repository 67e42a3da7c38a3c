/// A number that is being chosen in a dialog, by digits and steps.
package struct NumberDraft: Equatable, Sendable {
    /// As it is now; nil: none.
    let now: Int?
    private var number: Int?
    /// Digits typed so far; they replace `number`.
    private(set) var typed = ""
    let range: ClosedRange<Int>
    /// As the configuration has it.
    let configured: Int?
    /// From where steps begin where there is no number; nil: a number is always needed.
    let start: Int?

    init(_ now: Int?, in range: ClosedRange<Int>, configured: Int?, start: Int? = nil) {
        self.now = now
        number = now
        self.range = range
        self.configured = configured
        self.start = start
    }

    /// nil: none is wanted.
    var value: Int? { (Int(typed) ?? number).map { min(max($0, range.lowerBound), range.upperBound) } }

    var hints: [(key: String, text: String)] {
        [("+ -", "by 1"), ("Left Right", "by 10"), ("c", "as configured")]
            + (start == nil ? [] : [("n", "none")])
    }

    var isChanged: Bool { value != now }

    mutating func press(_ key: Key) {
        switch key {
        case .character("+"), .character("="), .up: step(by: 1)
        case .character("-"), .down: step(by: -1)
        case .right: step(by: 10)
        case .left: step(by: -10)
        case .character("c"): set(configured)
        case .character("n") where start != nil: set(nil)
        case .backspace: typed = String(typed.dropLast())
        case .character(let digit) where ("0"..."9").contains(digit):
            let longer = typed + String(digit)
            typed = Int(longer).map { $0 <= range.upperBound } == true ? longer : String(digit)
        default: break
        }
    }

    private mutating func step(by count: Int) {
        guard let from = value ?? start else { return }
        set(min(max(from + count, range.lowerBound), range.upperBound))
    }

    mutating func set(_ new: Int?) {
        number = new
        typed = ""
    }
}
