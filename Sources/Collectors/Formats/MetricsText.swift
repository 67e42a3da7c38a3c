import GatewayCore

/// What a `# TYPE` line says of a family.
package enum MetricType: String, Sendable, CaseIterable {
    case counter, gauge, histogram, summary, untyped
    /// OpenMetrics' own.
    case unknown, info, stateset, gaugehistogram
}

/// Why an exposition was refused.
package struct MetricsTextError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Counts from 1.
    package var line: Int
    package var reason: String

    package var description: String { "line \(line): \(reason)" }
}

/// A family as its `#` lines declare it: places in the text.
struct MetricFamily: Sendable {
    var name: Range<Int>
    var type: MetricType?
    var help: Range<Int>?
    var unit: Range<Int>?
    /// The lines of its first and last declaration.
    var lines: ClosedRange<Int>
}

/// One sample line.
package struct MetricSample: Sendable, Equatable {
    package var value: Double
    /// As written: milliseconds in Prometheus' format, seconds in OpenMetrics.
    package var timestamp: Double?
    /// The value is the one in the text; a later text's values may have been taken.
    var isAsWritten = true
    /// The bytes between the braces.
    var labelsStart: UInt32
    var labelsEnd: UInt32
    /// The bytes of the value.
    var valueStart: UInt32
    var valueEnd: UInt32
}

/// An exemplar of OpenMetrics: an example of what was counted.
package struct MetricExemplar: Sendable, Equatable {
    /// The index in `samples` of the sample that it stands behind.
    package var sample: Int
    package var value: Double
    /// Seconds.
    package var timestamp: Double?
    var labelsStart: UInt32
    var labelsEnd: UInt32
}

/// Samples of one name that stand together.
struct SampleRun: Sendable {
    var nameStart: UInt32
    var nameEnd: UInt32
    var samples: Range<Int>
    /// The line of the first one.
    var line: Int
}

/// One parsed exposition, laid out to be asked by whole name: the text itself and where its samples are.
package struct MetricsText: Sendable {
    let bytes: [UInt8]
    var families: [MetricFamily] = []
    package internal(set) var samples: [MetricSample] = []
    package internal(set) var exemplars: [MetricExemplar] = []
    var runs: [SampleRun] = []
    var hasTimestamps = false

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// FNV-1a, 64 bits (G. Fowler, L. C. Noll, K.-P. Vo); only tells names apart quickly, bytes decide.
    static let hashSeed: UInt64 = 0xcbf2_9ce4_8422_2325
    @inline(__always) static func hash(_ state: UInt64, _ byte: UInt8) -> UInt64 {
        (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }

    /// Every name that has a sample, in the order of the text; a name may come back later.
    package var names: [String] {
        runs.map { text(Int($0.nameStart)..<Int($0.nameEnd)) }
    }

    /// What its `# TYPE` line says; nil without one.
    package func type(of family: String) -> MetricType? { declaration(of: family)?.type }

    private func declaration(of family: String) -> MetricFamily? {
        let wanted = Array(family.utf8)
        return families.first { matches($0.name, wanted) }
    }

    package func hasName(prefix: String) -> Bool {
        let wanted = Array(prefix.utf8)
        return runs.contains { run in
            Int(run.nameEnd - run.nameStart) >= wanted.count
                && matches(Int(run.nameStart)..<(Int(run.nameStart) + wanted.count), wanted)
        }
    }

    package func has(_ name: String) -> Bool { !places(of: name).isEmpty }

    /// The positions in `samples` of every sample of exactly this name.
    package func indices(of name: String) -> [Int] { places(of: name).flatMap { $0 } }

    /// The same as ranges.
    func places(of name: String) -> [Range<Int>] {
        let wanted = Array(name.utf8)
        return runs.lazy.filter { matches(Int($0.nameStart)..<Int($0.nameEnd), wanted) }.map(\.samples)
    }

    /// The value of a label, with its escapes resolved; nil when the sample has no such label.
    package func label(_ name: String, ofSample index: Int) -> String? {
        let sample = samples[index]
        return label(name, in: Int(sample.labelsStart)..<Int(sample.labelsEnd))
    }

    /// The labels of a sample in the order of the text.
    package func labels(ofSample index: Int) -> [(name: String, value: String)] {
        let sample = samples[index]
        var cursor = LabelCursor(Int(sample.labelsStart)..<Int(sample.labelsEnd))
        var all: [(name: String, value: String)] = []
        while let (name, value) = cursor.next(bytes) {
            all.append((LabelCursor.unescaped(bytes, name), LabelCursor.unescaped(bytes, value)))
        }
        return all
    }

    func label(_ name: String, in range: Range<Int>) -> String? {
        var cursor = LabelCursor(range)
        let wanted = Array(name.utf8)
        while let (found, value) = cursor.next(bytes) {
            if matches(found, wanted) { return LabelCursor.unescaped(bytes, value) }
        }
        return nil
    }

    func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

    func matches(_ range: Range<Int>, _ wanted: [UInt8]) -> Bool {
        range.count == wanted.count && bytes.isSame(range, in: wanted, at: 0)
    }
}

/// Walks the labels between two braces, which the parser has already found well formed.
struct LabelCursor {
    private var at: Int
    private let end: Int

    init(_ range: Range<Int>) {
        at = range.lowerBound
        end = range.upperBound
    }

    /// The next label's name and its raw value without the quotes.
    mutating func next(_ bytes: [UInt8]) -> (name: Range<Int>, value: Range<Int>)? {
        while at < end {
            skipSeparators(bytes)
            guard at < end else { return nil }
            let name = word(bytes)
            skipBlanks(bytes)
            // A quoted string without `=` is the metric's own name.
            guard at < end, bytes[at] == UInt8(ascii: "=") else { continue }
            at += 1
            skipBlanks(bytes)
            return (name, word(bytes))
        }
        return nil
    }

    private mutating func skipBlanks(_ bytes: [UInt8]) {
        while at < end, bytes[at] == 0x20 || bytes[at] == 0x09 { at += 1 }
    }

    private mutating func skipSeparators(_ bytes: [UInt8]) {
        while at < end, bytes[at] == 0x20 || bytes[at] == 0x09 || bytes[at] == UInt8(ascii: ",") { at += 1 }
    }

    /// A quoted string's inside, or a bare name.
    private mutating func word(_ bytes: [UInt8]) -> Range<Int> {
        guard bytes[at] == UInt8(ascii: "\"") else {
            let start = at
            while at < end, bytes[at] != UInt8(ascii: "="), bytes[at] > 0x20, bytes[at] != UInt8(ascii: ",") {
                at += 1
            }
            return start..<at
        }
        at += 1
        let start = at
        while at < end, bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
        let stop = min(at, end)
        at += 1
        return start..<stop
    }

    /// `\\`, `\"` and `\n` resolved; any other escape stays as it stands, as Prometheus does.
    static func unescaped(_ bytes: [UInt8], _ range: Range<Int>) -> String {
        guard bytes[range].contains(UInt8(ascii: "\\")) else {
            return String(decoding: bytes[range], as: UTF8.self)
        }
        var plain: [UInt8] = []
        var at = range.lowerBound
        while at < range.upperBound {
            guard bytes[at] == UInt8(ascii: "\\"), at + 1 < range.upperBound else {
                plain.append(bytes[at])
                at += 1
                continue
            }
            switch bytes[at + 1] {
            case UInt8(ascii: "n"): plain.append(0x0a)
            case UInt8(ascii: "\\"), UInt8(ascii: "\""): plain.append(bytes[at + 1])
            default: plain.append(contentsOf: [bytes[at], bytes[at + 1]])
            }
            at += 2
        }
        return String(decoding: plain, as: UTF8.self)
    }
}
