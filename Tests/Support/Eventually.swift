import Glibc

/// A condition that did not come true in time: the test fails with this text.
package struct NotInTime: Error, CustomStringConvertible {
    package let description: String
    package init(description: String) { self.description = description }
}

/// Waits for a condition, looking every 20 ms. A test waits by these functions, or for the bytes of a descriptor.
///
/// - Parameters:
///   - what: said when it did not come.
///   - seen: what there was instead, for the message.
package func expectEventually(
    _ what: String, within seconds: Double = 30, seen: () throws -> String = { "" },
    at place: String = #fileID, line: Int = #line, _ condition: () async throws -> Bool
) async throws {
    _ = try await eventually(what, within: seconds, seen: seen, at: place, line: line) {
        try await condition() ? true : nil
    }
}

/// The same for a value: waits until there is one.
package func eventually<Value>(
    _ what: String, within seconds: Double = 30, seen: () throws -> String = { "" },
    at place: String = #fileID, line: Int = #line, _ value: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
        if let found = try await value() { return found }
        guard ContinuousClock.now < deadline else {
            let rest = try seen()
            throw NotInTime(
                description: "\(place):\(line): not within \(seconds) s: \(what)"
                    + (rest.isEmpty ? "" : "; there was:\n\(rest)"))
        }
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// The same where nothing can be awaited; false when it did not come true in time. Looks every 5 ms.
package func eventually(seconds: Double = 10, _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try !condition() {
        guard ContinuousClock.now < deadline else { return false }
        usleep(5_000)
    }
    return true
}
