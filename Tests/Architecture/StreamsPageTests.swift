import Foundation
import Testing

/// docs/streams.md promises nothing that no test holds.
struct StreamsPageTests {
    private static var named: Regex<(Substring, suite: Substring, test: Substring)> {
        /`(?<suite>[A-Za-z]+Tests)\/(?<test>[^`]+)`/
    }

    private var page: String {
        get throws {
            try #require(
                SourceTree.files.first { $0.path == "docs/streams.md" }, "docs/streams.md is missing"
            ).text
        }
    }

    @Test func `every test that the page names exists`() throws {
        let names = try page.matches(of: Self.named)
        #expect(names.count > 30)
        for name in names {
            let (suite, test) = (String(name.output.suite), String(name.output.test))
            let file = SourceTree.swift.first { $0.name == suite + ".swift" }
            #expect(file?.text.contains("func `\(test)`") == true, "\(suite)/\(test)")
        }
    }

    @Test func `every row of the page names a test`() throws {
        let rows = try page.split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.hasPrefix("| when ") }
        #expect(rows.count > 25)
        for row in rows { #expect(row.contains(Self.named), "\(row)") }
    }
}
