/// The Azure LLM inference traces of 2023 (Splitwise): TIMESTAMP (UTC, 100 ns digits), ContextTokens,
/// GeneratedTokens. They tell nothing of prefixes.
enum AzureTrace {
    static let header = "TIMESTAMP,ContextTokens,GeneratedTokens"

    static func read(_ bytes: [UInt8], _ lines: [TraceReader.Line], _ name: String)
        throws(TraceProblem) -> Trace
    {
        var trace = Trace(.azure)
        trace.requests.reserveCapacity(lines.count)
        var start: Double?
        for line in lines.dropFirst() {
            let fields = bytes[line.range].split(separator: 0x2C, omittingEmptySubsequences: false)
            guard fields.count == 3, let instant = seconds(fields[0]), let input = number(fields[1]),
                let output = number(fields[2])
            else {
                throw TraceProblem(
                    name, line: line.number,
                    "not of the form 2023-11-16 18:17:03.9799600,4808,10 (time, prompt tokens, output tokens)"
                )
            }
            start = start ?? instant
            trace.requests.append(
                TraceRequest(
                    delay: instant - (start ?? instant), promptTokens: max(1, input),
                    outputTokens: max(1, output)))
        }
        guard trace.requests.allSatisfy({ $0.delay >= 0 }) else {
            throw TraceProblem(name, "a request comes before the first one; sort the file by its time")
        }
        trace.notes.append("it tells no prefixes: every prompt is new")
        return trace
    }

    private static func number(_ text: ArraySlice<UInt8>) -> Int? {
        guard !text.isEmpty, text.count <= 9 else { return nil }
        var value = 0
        for byte in text {
            guard (0x30...0x39).contains(byte) else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }

    /// Seconds since 1970 of "2023-11-16 18:17:03.9799600".
    private static func seconds(_ text: ArraySlice<UInt8>) -> Double? {
        let parts = text.split { $0 == 0x2D || $0 == 0x20 || $0 == 0x3A || $0 == 0x2E }
        let numbers = parts.compactMap(number)
        guard numbers.count == parts.count, numbers.count == 6 || numbers.count == 7,
            (1...12).contains(numbers[1]), (1...31).contains(numbers[2])
        else { return nil }
        var fraction = 0.0
        if parts.count == 7 {
            fraction = Double(numbers[6])
            for _ in parts[6] { fraction /= 10 }
        }
        let clock = numbers[3] * 3600 + numbers[4] * 60 + numbers[5]
        return Double(days(numbers[0], numbers[1], numbers[2]) * 86_400 + clock) + fraction
    }

    /// Days since 1970 in the Gregorian calendar (Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2014).
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
