import Foundation
import GatewayCore

/// A bar on standard error while a policy is played, where that is a terminal; its seconds at the end in any case.
/// Standard output stays the same from run to run.
struct ReplayProgress {
    private static let width = 30
    private let label: String
    private let total: Int
    private let start = MonotonicClock.now()
    private let startCPU = Self.cpuSeconds()
    private let isTerminal = isatty(2) == 1

    init(_ label: String, of total: Int) {
        self.label = label
        self.total = max(1, total)
    }

    func show(_ count: Int) {
        guard isTerminal else { return }
        let filled = min(Self.width, count * Self.width / total)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
        write("\r\u{1B}[K\(label) [\(bar)] \(count)/\(total)")
    }

    func end() {
        let seconds = Double(MonotonicClock.now() - start) / 1e9
        let figures = String(format: "%.2f s, %.2f s of CPU", seconds, Self.cpuSeconds() - startCPU)
        write((isTerminal ? "\r\u{1B}[K" : "") + "\(label): \(figures)\n")
    }

    /// Of the whole process.
    private static func cpuSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
