import GatewayCore
import Testing

@testable import Collectors

@Suite struct MetricsTextValuesTests {
    private static let page = """
        # HELP a What it counts.
        # TYPE a counter
        a_total{model="m",x="1 2"} 3
        a_total{model="n"} 4.5
        # TYPE b gauge
        b 7

        """

    /// The page, or nil where its structure is another.
    private func taken(_ text: String, over page: String = Self.page) throws -> MetricsText? {
        var known = try parse(page)
        return Array(text.utf8).withSpan { known.takeValues(of: $0) } ? known : nil
    }

    @Test func `values alone are taken, however long they are`() throws {
        let text = Self.page.replacing("} 3", with: "} 123456.75").replacing("b 7", with: "b NaN")
        let page = try #require(try taken(text))
        #expect(page.total("a_total") == 123461.25)
        #expect(page.samples[2].value.isNaN)
        #expect(page.label("x", ofSample: 0) == "1 2")
    }

    @Test func `values are taken again and again`() throws {
        var page = try parse(Self.page)
        for value in [9, 100, 1] {
            let text = Array(Self.page.replacing("b 7", with: "b \(value)").utf8)
            let isTaken = text.withSpan { page.takeValues(of: $0) }
            #expect(isTaken)
            #expect(page.total("b") == Double(value))
        }
    }

    @Test(arguments: [
        ("model=\"n\"", "model=\"o\""), ("a_total{model=\"n\"} 4.5\n", ""), ("b 7\n", "b 7\nc 8\n"),
        ("b 7", "b 7 1000"),
        ("b 7", "b seven"), ("b 7", "b "), ("b 7", "b 7 # {t=\"1\"} 2"), ("counter", "gauge"),
        ("b 7\n", "b 7"),
        ("# TYPE b gauge\n", ""), ("} 3\n", "} 3 4\n"), (page, ""),
    ])
    func `a text that differs in more is not taken`(old: String, new: String) throws {
        #expect(try taken(Self.page.replacing(old, with: new)) == nil)
    }

    @Test func `a page with timestamps or exemplars is read anew`() throws {
        #expect(try taken("a 1 5\n", over: "a 1 5\n") == nil)
        #expect(try taken("a_total 1 # {} 5\n", over: "a_total 1 # {} 5\n") == nil)
    }

    @Test(.enabled(if: Captures.present)) func `real pages with other numbers are as if read anew`() throws {
        var random = SplitMix64(seed: 1)
        var pages = 0
        for name in Captures.names(in: "metrics")
        where name.hasPrefix("vllm-0.24") || name.hasPrefix("sglang") {
            let bytes = try Captures.bytes("metrics/\(name)")
            var known = try MetricsText.parse(bytes)
            var text: [UInt8] = []
            var end = 0
            for sample in known.samples {
                text += bytes[end..<Int(sample.valueStart)] + Array("\(random.next() % 100_000)".utf8)
                end = Int(sample.valueEnd)
            }
            text += bytes[end...]
            guard text.withSpan({ known.takeValues(of: $0) }) else {
                #expect(known.samples.contains { $0.timestamp != nil } || !known.exemplars.isEmpty, "\(name)")
                continue
            }
            let anew = try MetricsText.parse(text)
            #expect(known.samples.map(\.value) == anew.samples.map(\.value), "\(name)")
            #expect(known.names == anew.names)
            for index in stride(from: 0, to: known.samples.count, by: 7) {
                #expect("\(known.labels(ofSample: index))" == "\(anew.labels(ofSample: index))")
            }
            pages += 1
        }
        #expect(pages >= 2)
    }
}
