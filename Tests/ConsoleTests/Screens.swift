import GatewayCore

@testable import Console

/// Screens for tests: a state that looks at a fleet, and keys that are pressed on it.
struct Screen {
    var state: ScreenState
    var snapshot: Snapshot?
    var history: History
    var effects: [Effect] = []

    init(
        _ size: Size = Size(80, 24), _ snapshot: Snapshot? = SampleFleet.snapshot(nodes: 8, second: 60),
        history: History = History(capacitySeconds: 2), ownership: GatewayOwnership = .attached,
        readOnlyReason: String? = nil
    ) {
        state = ScreenState(
            size: size, now: (snapshot?.time ?? SampleFleet.start) + 0.2, ownership: ownership,
            actor: "ann (ssh 10.0.0.5)",
            theme: "dark", themes: ["dark", "light"], readOnlyReason: readOnlyReason)
        self.snapshot = snapshot
        self.history = history
        if snapshot != nil {
            state.connection = .connected
            _ = reduce(&state, .snapshot, snapshot)
        }
    }

    /// Presses a key half a second after the last.
    mutating func press(_ keys: Key...) {
        for key in keys {
            state.now += 0.5
            effects += reduce(&state, .key(key), snapshot)
        }
    }

    /// Types characters.
    mutating func type(_ text: String) {
        for character in text { press(.character(character)) }
    }

    mutating func take(_ input: ScreenInput) { effects += reduce(&state, input, snapshot) }

    mutating func show(_ snapshot: Snapshot) {
        self.snapshot = snapshot
        state.now = max(state.now, snapshot.time)
        take(.snapshot)
    }

    var canvas: Canvas { drawScreen(snapshot, history, state) }
    var text: String { canvas.text }

    /// The commands that went out.
    var submitted: [CommandRequest] {
        effects.compactMap { effect in
            if case .submit(let request) = effect { return request }
            return nil
        }
    }
}

/// Keys that a terminal can send, the printable ASCII ones first.
let everyKey: [Key] =
    (0x20...0x7E).map { Key.character(Character(Unicode.Scalar($0))) }
    + "abcdefghijklmnopqrstuvwxyz".map { Key.control($0) } + (1...12).map { Key.function($0) } + [
        .enter, .escape, .tab, .backTab, .backspace, .delete, .up, .down, .left, .right, .pageUp, .pageDown,
        .home,
        .end, .character("é"), .character("漢"),
    ]

/// A sequence of numbers that looks random and repeats (SplitMix64).
struct Dice {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed }

    mutating func roll(_ range: ClosedRange<Int>) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        value ^= value >> 31
        return range.lowerBound + Int(value % UInt64(range.count))
    }
}
