/// One operation whose cost is watched.
struct Benchmark: Sendable {
    let name: String
    /// Operations of a run: enough for a steady figure within a second, and for callgrind within some.
    let count: Int
    /// Bytes that an operation reads, where a rate says more than a time.
    let bytes: Int?
    /// Sets up what is measured, and returns what does the operation that many times.
    let make: @Sendable () -> (Int) -> Void

    init(_ name: String, count: Int, bytes: Int? = nil, make: @escaping @Sendable () -> (Int) -> Void) {
        self.name = name
        self.count = count
        self.bytes = bytes
        self.make = make
    }
}

/// What is counted under callgrind is what happens in here (`--toggle-collect`), without the setting up.
@inline(never)
func measured(_ count: Int, _ body: (Int) -> Void) { body(count) }

/// Keeps a result from being optimized away.
@inline(never)
func keep<Value>(_ value: Value) { withExtendedLifetime(value) {} }
