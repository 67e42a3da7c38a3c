import Foundation
import Testing

/// Tests/ConsoleTests/BAR.md claims nothing that no test holds.
struct BarTests {
    private static var named: Regex<(Substring, suite: Substring, test: Substring)> {
        /`(?<suite>[A-Za-z]+Tests)\/(?<test>[^`]+)`/
    }

    /// The test file of that name.
    private static func texts(of suite: String) -> [String] {
        SourceTree.swift.filter { $0.name == suite + ".swift" && $0.path.hasPrefix("Tests/") }.map(\.text)
    }

    private var rows: [Substring] {
        get throws {
            let page = try #require(SourceTree.files.first { $0.path == "Tests/ConsoleTests/BAR.md" })
            return page.text.split(separator: "\n").filter { $0.starts(with: /\| \d/) }
        }
    }

    @Test func `the sixty sentences are there in order, each with a test or with what it waits for`() throws {
        let rows = try rows
        #expect(
            rows.compactMap { $0.firstMatch(of: /^\| (\d+) \|/).flatMap { Int($0.output.1) } }
                == Array(1...60))
        for row in rows {
            #expect(row.split(separator: "|").count == 3, "\(row)")
            #expect(row.contains(Self.named) || row.contains(/waiting: \w/), "\(row)")
        }
    }

    @Test func `every test that the bar names exists and runs`() throws {
        let names = try rows.joined(separator: "\n").matches(of: Self.named)
        #expect(names.count > 60)
        for name in names {
            let (suite, test) = (String(name.output.suite), String(name.output.test))
            let reason = Self.whyMissing(test, in: Self.texts(of: suite))
            #expect(reason == nil, "\(suite)/\(test)")
        }
    }

    @Test(
        arguments: [
            ("struct ATests {\n    @Test func `x`() {}\n}", nil),
            ("struct ATests {\n    @Test func `y`() {}\n}", "there is no such test"),
            ("struct ATests {\n    @Test(.disabled(\"flaky\"))\n    func `x`() {}\n}", "it is switched off"),
            ("@Suite(.disabled()) struct ATests {\n    @Test func `x`() {}\n}", "its suite is switched off"),
            ("struct ATests {\n    func `x`() {}\n}", "it is no test"),
        ] as [(String, String?)])
    func `a test that is gone or switched off is found`(_ text: String, _ reason: String?) {
        #expect(Self.whyMissing("x", in: [text]) == reason)
    }

    /// Why a test proves nothing; nil: it runs.
    private static func whyMissing(_ test: String, in texts: [String]) -> String? {
        for text in texts {
            guard let place = text.range(of: "func `\(test)`(") else { continue }
            let before = attributes(text[..<place.lowerBound], "@Test")
            if before.isEmpty { return "it is no test" }
            if before.contains(".disabled") { return "it is switched off" }
            return text.contains("@Suite(.disabled") ? "its suite is switched off" : nil
        }
        return texts.isEmpty ? "there is no such file" : "there is no such test"
    }

    /// What stands from the last such attribute on, when nothing else was declared since.
    private static func attributes(_ before: Substring, _ name: String) -> Substring {
        guard let start = before.range(of: name, options: .backwards)?.lowerBound else { return "" }
        let since = before[start...]
        return since.contains(/\bfunc\b|\bvar\b|\blet\b/) || since.contains("}\n") ? "" : since
    }
}
