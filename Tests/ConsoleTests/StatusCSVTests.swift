import Foundation
import GatewayCore
import Testing

@testable import Console

/// `status --csv`.
struct StatusCSVTests {
    @Test func `fields are quoted as RFC 4180 has it, and unknown ones are empty`() {
        var snapshot = Snapshot()
        snapshot.time = 1_795_529_000.5
        var node = NodeStatus()
        node.name = "a,\"b\"\nc"
        node.state = .serving
        node.kvUsage = 0.25
        node.models = ["m1", "m2"]
        snapshot.nodes = [node, NodeStatus()]
        let text = StatusCSV.nodes.text(snapshot)
        let header = text.prefix { $0 != "\r\n" }.split(separator: ",").map(String.init)
        #expect(header.prefix(3) == ["schema", "time", "name"] && Set(header).count == header.count)
        #expect(text.contains("\r\n1,1795529000.5,\"a,\"\"b\"\"\nc\",,serving,false,"))
        #expect(text.hasSuffix("\r\n"))
        let last = text.components(separatedBy: "\r\n").dropLast().last ?? ""
        let fields = last.split(separator: ",", omittingEmptySubsequences: false)
        #expect(fields.count == header.count)
        for name in ["running", "kvUsage", "ttftP99Seconds", "prefixHitRate", "dollarsPerMillionTokens"] {
            let place = header.firstIndex(of: name) ?? 0
            #expect(fields[place].isEmpty, "\(name) of a node that nobody knows anything of")
        }
    }

    /// Lines as fields by their column's name; nothing in them is quoted.
    private func lines(_ table: StatusCSV, _ snapshot: Snapshot) -> [[String: String]] {
        let lines = table.text(snapshot).components(separatedBy: "\r\n").dropLast().map {
            $0.components(separatedBy: ",")
        }
        return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
    }

    @Test(arguments: [StatusCSV.tenants, .models, .sessions])
    func `who spends is a line each, and the lines sum up to all`(_ table: StatusCSV) {
        let snapshot = SampleFleet.snapshot(nodes: 8, second: 60)
        let lines = lines(table, snapshot)
        let output = lines.reduce(0) { $0 + (Int($1["outputTokens"] ?? "") ?? 0) }
        // Shares of the sample are rounded, and those of its sessions only nearly sum up.
        let all = Double(snapshot.allSpending?.ended.outputTokens ?? 0)
        #expect(abs(Double(output) - all) < all * 0.2, "\(output)")
        #expect(lines.allSatisfy { $0["schema"] == "1" && $0["time"]?.isEmpty == false })
        #expect(Set(lines.map { $0["time"] }).count == 1)
    }

    @Test func `a tenant has its dollars, its waste and its tokens, and who names none has no name`() throws {
        let lines = lines(.tenants, SampleFleet.snapshot(nodes: 8, second: 60))
        #expect(lines.map { $0["name"] } == ["acme", "globex", "key 9f3c01d2", ""])
        #expect(lines.allSatisfy { $0["others"] == "" })
        let acme = try #require(lines.first)
        #expect(acme["dollarsPerHour"].flatMap { Double($0) }.map { abs($0 - 25.132) < 1e-9 } == true)
        #expect(acme["completed"] == "10921" && acme["cachedTokens"] == "12566000")
        #expect(acme["wastedCancelledDollars"].flatMap { Double($0) }.map { $0 > 0 } == true)
    }

    @Test func `without a price dollars are empty, and counts are not`() throws {
        var snapshot = SampleFleet.snapshot(nodes: 8, second: 60)
        for index in snapshot.spending.indices {
            snapshot.spending[index].ended.pricedAttempts = 0
            snapshot.spending[index].liveDollars = 0
        }
        let acme = try #require(lines(.tenants, snapshot).first)
        for (name, value) in acme where name.lowercased().contains("dollars") {
            #expect(value.isEmpty, "\(name)")
        }
        #expect(acme["completed"] == "10921")
    }

    @Test func `a session tells where it is warm and pinned, and the rest is told by its number`() throws {
        var snapshot = SampleFleet.snapshot(nodes: 8, second: 60)
        snapshot.pins = [SessionPin(session: "agent-1", node: "engine-6", actor: "bob", since: 0)]
        let lines = lines(.sessions, snapshot)
        #expect(lines.count == 11 && lines.suffix(2).map { $0["id"] } == ["", ""])
        #expect(lines.suffix(2).map { $0["others"] } == ["", "37"])
        #expect(lines.suffix(2).allSatisfy { $0["ageSeconds"] == "" && $0["warmTokens"] == "" })
        #expect(lines.prefix(3).map { $0["pinnedTo"] } == ["", "engine-6", ""])
        #expect(lines[1]["id"] == "agent-1" && lines[1]["warmOn"] == "engine-3")
        #expect(lines[1]["moveNode"] == "engine-4" && lines[1]["moveTokens"] == "11500")
    }

    @Test func `every column of every table is documented`() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../docs/csv.md")
        let text = try String(contentsOf: page, encoding: .utf8)
        for table in StatusCSV.allCases {
            let header = table.text(Snapshot()).components(separatedBy: "\r\n")[0]
            for name in header.split(separator: ",") {
                #expect(text.contains("`\(name)`"), "\(table) \(name)")
            }
            #expect(text.contains(table.rawValue))
        }
    }
}
