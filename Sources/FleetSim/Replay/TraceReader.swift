/// Reads a trace from a file's bytes, of whichever kind its first line says it is.
package enum TraceReader {
    /// - Parameter name: the file's, for messages.
    package static func read(_ bytes: [UInt8], name: String) throws(TraceProblem) -> Trace {
        let lines = Self.lines(bytes)
        guard let first = lines.first else {
            throw TraceProblem(name, "is empty; a trace has one request or session a line")
        }
        let trace: Trace
        if bytes[first.range].starts(with: AzureTrace.header.utf8) {
            trace = try AzureTrace.read(bytes, lines, name)
        } else {
            let head = try object(bytes, first, name)
            if head["requests"] != nil {
                trace = try AgenticTrace.read(bytes, lines, name)
            } else if head["hash_ids"] != nil {
                trace = try MooncakeTrace.read(bytes, lines, name)
            } else {
                throw TraceProblem(
                    name, line: first.number,
                    "neither hash_ids (Mooncake) nor requests (agentic sessions) is here; is this a trace?")
            }
        }
        guard !trace.requests.isEmpty else {
            throw TraceProblem(name, "has no requests after its first line")
        }
        return trace
    }

    struct Line {
        /// 1 is the first.
        let number: Int
        let range: Range<Int>
    }

    /// Lines that aren't empty, without their ends.
    private static func lines(_ bytes: [UInt8]) -> [Line] {
        var lines: [Line] = []
        var start = 0
        var number = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
            number += 1
            let last = end > start && bytes[end - 1] == 0x0D ? end - 1 : end
            if last > start { lines.append(Line(number: number, range: start..<last)) }
            start = end + 1
        }
        return lines
    }

    static func object(_ bytes: [UInt8], _ line: Line, _ name: String) throws(TraceProblem) -> JSONValue {
        do {
            return try JSONValue.parse(Array(bytes[line.range]))
        } catch {
            throw TraceProblem(
                name, line: line.number,
                "no JSON at byte \(error.offset + 1): \(error.expected) belongs there; is the file whole?")
        }
    }
}

/// The fields of one object in a trace, with messages that name the place.
struct TraceFields {
    let object: JSONValue
    let name: String
    let line: Int

    /// A whole number in a range.
    func count(_ key: String, in range: ClosedRange<Int>) throws(TraceProblem) -> Int {
        guard let value = object[key]?.integer, range.contains(value) else {
            throw problem("\(key) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A number of at least 0; nil: the key is absent.
    func seconds(_ key: String) throws(TraceProblem) -> Double? {
        guard let value = object[key] else { return nil }
        guard let seconds = value.number, seconds >= 0, seconds < 1e9 else {
            throw problem("\(key) must be a number of at least 0")
        }
        return seconds
    }

    func list(_ key: String) throws(TraceProblem) -> [JSONValue] {
        guard let items = object[key]?.array else { throw problem("\(key) must be a list") }
        return items
    }

    func problem(_ what: String) -> TraceProblem { TraceProblem(name, line: line, what) }

    /// Longer prompts or answers than anybody serves are a mistake in the file.
    static let tokenRange = 0...100_000_000
}
