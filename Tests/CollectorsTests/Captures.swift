import Foundation
import GatewayCore
import TestSupport

@testable import Collectors

/// The captures of real engines that the tests judge by; absent in a bare clone.
enum Captures {
    static let folder = sharedFolder?.appendingPathComponent("fixtures")
    static var present: Bool { folder != nil }

    static func bytes(_ path: String) throws -> [UInt8] {
        guard let folder else { throw CocoaError(.fileNoSuchFile) }
        return [UInt8](try Data(contentsOf: folder.appendingPathComponent(path)))
    }

    static func text(_ path: String) throws -> MetricsText { try MetricsText.parse(bytes(path)) }

    static func names(in path: String) -> [String] {
        guard let folder else { return [] }
        let all = try? FileManager.default.contentsOfDirectory(
            atPath: folder.appendingPathComponent(path).path)
        return (all ?? []).sorted()
    }

    /// The body of a captured HTTP answer.
    static func body(_ path: String) throws -> [UInt8] {
        let all = try bytes(path)
        let mark = Array("\r\n\r\n".utf8)
        for start in 0..<max(0, all.count - 3) where Array(all[start..<(start + 4)]) == mark {
            return Array(all[(start + 4)...])
        }
        return all
    }
}

extension MetricsText {
    /// What its `# HELP` line says, escapes resolved.
    func help(of family: String) -> String? {
        families.first { text($0.name) == family }?.help.map { LabelCursor.unescaped(bytes, $0) }
    }

    /// The families that a `#` line declares, in the order of the text.
    var declaredFamilies: [String] { families.map { text($0.name) } }

    func label(_ name: String, ofExemplar index: Int) -> String? {
        label(name, in: Int(exemplars[index].labelsStart)..<Int(exemplars[index].labelsEnd))
    }
}

func parse(_ text: String, as grammar: MetricsText.Grammar = .prometheus) throws -> MetricsText {
    try MetricsText.parse(Array(text.utf8), as: grammar)
}

func refusal(_ text: String, as grammar: MetricsText.Grammar = .prometheus) -> String? {
    do {
        _ = try parse(text, as: grammar)
        return nil
    } catch { return "\(error)" }
}

extension EngineReading {
    static func read(_ text: MetricsText, from place: String) throws -> EngineReading {
        try EngineSeries(of: text, from: place).reading(of: text.samples)
    }
}

extension MetricsText {
    func total(_ name: String) -> Double? { sum(name)?.value(in: samples) }
    func total(_ name: String, label: String, is value: String) -> Double? {
        sum(name, label: label, is: value)?.value(in: samples)
    }
    func buckets(_ name: String) -> BucketHistogram? { histogram(name)?.value(in: samples) }
}
