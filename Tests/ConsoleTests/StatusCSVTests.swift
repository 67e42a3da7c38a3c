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
        let text = StatusCSV.text(snapshot)
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
}
