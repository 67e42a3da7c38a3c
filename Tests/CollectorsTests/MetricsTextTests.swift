import GatewayCore
import Testing

@testable import Collectors

@Suite struct MetricsTextTests {
    @Test(arguments: [
        ("1", 1), ("1.0", 1), ("-0.5", -0.5), (".5", 0.5), ("5.", 5), ("8.128902e+06", 8_128_902),
        ("2.48e+010", 24_800_000_000), ("5.882698982295764e-05", 5.882698982295764e-05), ("1E3", 1000),
        ("0.31326723098754883", 0.31326723098754883), ("9223372036854775808", 9_223_372_036_854_775_808),
        ("0000000000000000000000000000000000000000001.2e-1", 0.12), ("1e400", .infinity), ("1e-400", 0),
        ("+Inf", .infinity), ("-Inf", -.infinity), ("inf", .infinity), ("-infinity", -.infinity),
        ("123456789012345678901234567890", 1.2345678901234568e29),
        ("2.2250738585072014e-308", 2.2250738585072014e-308),
    ])
    func `a number is read exactly`(text: String, value: Double) throws {
        #expect(try parse("a \(text)\n").samples[0].value == value)
    }

    @Test func `NaN is read as NaN`() throws {
        #expect(try parse("a NaN\nb nan\n").samples.allSatisfy { $0.value.isNaN })
    }

    @Test(arguments: [
        "0x1", "1_000", "1e", "e5", ".", "-", "1.1.1", "1e5.0", "+nan", "0x1p-3", "one", "1,5", "1f",
    ])
    func `what is no number is refused`(text: String) {
        #expect(refusal("ok 1\na \(text)\n") == "line 2: expected a value, found \"\(text)\"")
    }

    @Test func `a label value may hold braces, commas, blanks, hashes and escapes`() throws {
        let text = try parse(##"a_total{x="b{a}z, # \"q\" \\ \n \d",y="2",} 3 1601830800000"## + "\n")
        #expect(text.label("x", ofSample: 0) == "b{a}z, # \"q\" \\ \n \\d")
        #expect(text.label("y", ofSample: 0) == "2")
        #expect(text.label("z", ofSample: 0) == nil)
        #expect(text.samples[0].value == 3)
        #expect(text.samples[0].timestamp == 1_601_830_800_000)
    }

    @Test func `blanks, free comments, blank lines and a missing last newline are let pass`() throws {
        let text = try parse("\n# hello\n  a{ x = \"1\" , y=\"2\" }  4\t5\n\n#x\na 1")
        #expect(text.samples.map(\.value) == [4, 1])
        #expect(text.label("y", ofSample: 0) == "2")
        #expect(text.total("a") == 5)
    }

    @Test func `declarations are read with their escapes`() throws {
        let text = try parse("# HELP a one\\ntwo \\\\ three\n# TYPE a counter\na 1\n# TYPE b histogram\n")
        #expect(text.help(of: "a") == "one\ntwo \\ three")
        #expect(text.type(of: "a") == .counter)
        #expect(text.type(of: "b") == .histogram)
        #expect(text.type(of: "c") == nil)
    }

    @Test func `names in quotes are read`() throws {
        let text = try parse("# TYPE \"my.metric\" gauge\n{\"my.metric\",\"label name\"=\"v\"} 7\n")
        #expect(text.total("my.metric") == 7)
        #expect(text.label("label name", ofSample: 0) == "v")
        #expect(text.type(of: "my.metric") == .gauge)
    }

    @Test func `an exemplar stands beside its sample`() throws {
        let text = try parse("a_bucket{le=\"1\"} 2 # {trace=\"x # y\"} 0.5 1.25\na_total 1\n")
        #expect(text.samples.map(\.value) == [2, 1])
        #expect(text.exemplars.count == 1)
        #expect(text.exemplars[0].value == 0.5)
        #expect(text.exemplars[0].timestamp == 1.25)
        #expect(text.label("trace", ofExemplar: 0) == "x # y")
    }

    @Test func `whole names are matched, whichever stands first`() throws {
        let text = try parse("waiting_by_reason{r=\"a\"} 1\nwaiting 2\nwaiting_by_reason 4\n")
        #expect(text.total("waiting") == 2)
        #expect(text.total("waiting_by_reason") == 5)
        #expect(text.total("wait") == nil)
    }

    @Test(arguments: [
        ("<!DOCTYPE html>\n", "line 1: expected a metric name, found \"<!DOCTYPE html>\""),
        ("a 1\n{\"error\": 1}\n", "line 2: expected , or } after a label, found \": 1}\""),
        ("[]", "line 1: expected a metric name, found \"[]\""),
        ("a\n", "line 1: expected a blank after the metric's name and labels, found the end of the line"),
        ("a{x=\"1\"\n", "line 1: expected , or } after a label, found the end of the line"),
        ("a{x=\"1} 1\nb 2\n", "line 1: a label value without its closing quote: \"\"1} 1\""),
        ("a{1=\"1\"} 1\n", "line 1: expected a label's name, found \"1=\"1\"} 1\""),
        ("a{x} 1\n", "line 1: expected = after a label's name, found \"} 1\""),
        ("a 1 2 3\n", "line 1: expected the end of the line, found \"3\""),
        ("0a 1\n", "line 1: a metric name must not begin with a digit: \"0a 1\""),
        ("a 1\n# TYPE a speed\n", "line 2: no metric type is called \"speed\""),
        ("a\u{1b}[2J 1\n", "line 1: expected a blank after the metric's name and labels, found \"?[2J 1\""),
    ])
    func `garbage is refused with its line and reason`(text: String, reason: String) {
        #expect(refusal(text) == reason)
    }

    @Test func `a label value that is not UTF-8 is refused`() {
        let bytes = Array("a 1\nb{x=\"".utf8) + [0xff, 0xfe] + Array("\"} 1\n".utf8)
        #expect(throws: MetricsTextError.self) { try MetricsText.parse(bytes) }
    }

    @Test func `a line that is like the one before is read as it would be alone`() throws {
        let seed = Array(
            "a{x=\"1\",le=\"0.5\"} 1\na{x=\"22\",le=\"+Inf\"} 2\na{x=\"é\",le=\"3\"} 3 # {t=\"1\"} 4\na{x=\"5\",le=\"6\"}7\nb 1\nb 22 9\nb  3\nb_c 4\n"
                .utf8)
        var random = SplitMix64(seed: 3)
        var readable = 0
        for round in 0..<20_000 {
            var bytes = seed
            for _ in 0..<(round == 0 ? 0 : 1 + Int(random.next() % 2)) {
                bytes[Int(random.next() % UInt64(bytes.count))] =
                    Array("\"\\{}\n# =,1x\u{ff}".utf8).randomElement(using: &random)!
            }
            // A free comment before each line: each is read word by word.
            let apart = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
                .joined(separator: Array("\n#\n".utf8))
            let together = try? MetricsText.parse(bytes)
            let alone = try? MetricsText.parse(Array(apart))
            #expect(together?.samples.map(\.value.bitPattern) == alone?.samples.map(\.value.bitPattern))
            guard let together, let alone else { continue }
            readable += 1
            #expect(together.samples.map(\.timestamp) == alone.samples.map(\.timestamp))
            for index in together.samples.indices {
                #expect("\(together.labels(ofSample: index))" == "\(alone.labels(ofSample: index))")
            }
            let names = Set(alone.names)
            #expect(Set(together.names) == names)
            for name in names { #expect(together.indices(of: name) == alone.indices(of: name)) }
        }
        #expect(readable > 2000)
    }

    @Test func `no text makes the parser crash, whatever is cut or flipped`() throws {
        let seed = Array(
            "# HELP a h\n# TYPE a histogram\na_bucket{le=\"1\",x=\"\\\"\"} 1 2 # {t=\"é\"} 1 2\n{\"q\"} 1\na_sum 1e3\n# EOF\n"
                .utf8)
        var random = SystemRandomNumberGenerator()
        for cut in 0...seed.count {
            _ = try? MetricsText.parse(Array(seed[..<cut]))
            _ = try? MetricsText.parse(Array(seed[..<cut]), as: .openMetrics)
        }
        for _ in 0..<3000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = [
                    0x22, 0x5c, 0x7b, 0x7d, 0x0a, 0x23, 0xff, 0x20,
                ]
                .randomElement(using: &random)!
            }
            for grammar in [MetricsText.Grammar.prometheus, .openMetrics] {
                guard let text = try? MetricsText.parse(bytes, as: grammar) else { continue }
                for index in text.samples.indices { _ = text.labels(ofSample: index) }
                for name in text.names { _ = text.buckets(name) }
            }
        }
    }

    @Test func `buckets merge over rows, whatever the order of labels and rows`() throws {
        let text = try parse(
            """
            t_sum{r="0"} 4
            t_bucket{le="1",r="0"} 1
            t_bucket{le="+Inf",r="0"} 3
            t_bucket{r="1",le="+Inf"} 10
            t_bucket{r="1",le="2"} 7
            t_bucket{r="1",le="1"} 5
            t_sum{r="1"} 6

            """)
        let merged = try #require(text.buckets("t"))
        #expect(merged.bounds == [1, 2, .infinity])
        // Row 0 lacks the bound 2: its count up to 1 stands in.
        #expect(merged.counts == [6, 8, 13])
        #expect(merged.sum == 10)
    }

    @Test func `buckets that are cut off or not numbers give no histogram`() throws {
        #expect(try parse("t_bucket{le=\"1\"} 1\n").buckets("t") == nil)
        #expect(try parse("t_bucket{le=\"x\"} 1\nt_bucket{le=\"+Inf\"} 1\n").buckets("t") == nil)
        #expect(try parse("t_bucket{le=\"1\"} NaN\nt_bucket{le=\"+Inf\"} 1\n").buckets("t") == nil)
        #expect(try parse("t_count 1\n").buckets("t") == nil)
    }
}

@Suite(.enabled(if: Captures.present)) struct ExpositionCaptureTests {
    @Test func `every type of Prometheus' own test text`() throws {
        let text = try Captures.text("metrics/prometheus-alltypes.237mfs.prom.txt")
        #expect(text.samples.count == 1857)
        let types = text.declaredFamilies.compactMap { text.type(of: $0) }
        #expect(types.count == 237)
        #expect(types.filter { $0 == .counter }.count == 112)
        #expect(types.filter { $0 == .gauge }.count == 97)
        #expect(types.filter { $0 == .histogram }.count == 15)
        #expect(types.filter { $0 == .summary }.count == 13)
        #expect(text.total("go_goroutines") == 151)
        #expect(text.samples.filter { $0.value.isNaN }.count == 12)
    }

    @Test func `exemplars and timestamps of the captures`() throws {
        let text = try Captures.text("metrics/prometheus-alltypes.5mfs.om.txt")
        #expect(text.samples.count == 53)
        #expect(text.exemplars.count == 6)
        let timed = try Captures.text("metrics/prometheus-with-timestamps.txt")
        #expect(timed.samples.map(\.timestamp) == [1_601_830_800_000])
        #expect(timed.samples.map(\.value) == [1])
    }

    @Test(arguments: Captures.names(in: "metrics/openmetrics").filter { !$0.hasPrefix("bad_") })
    func `a good OpenMetrics text is read by both grammars`(name: String) throws {
        let bytes = try Captures.bytes("metrics/openmetrics/\(name)")
        _ = try MetricsText.parse(bytes)
        _ = try MetricsText.parse(bytes, as: .openMetrics)
    }
}

@Suite(.enabled(if: Captures.present)) struct OpenMetricsTests {
    @Test(arguments: Captures.names(in: "metrics/openmetrics").filter { $0.hasPrefix("bad_") })
    func `what OpenMetrics forbids is refused to the letter`(name: String) throws {
        let bytes = try Captures.bytes("metrics/openmetrics/\(name)")
        #expect(throws: MetricsTextError.self) { try MetricsText.parse(bytes, as: .openMetrics) }
        // A Prometheus reader may take it or not, but says a line that is there.
        do { _ = try MetricsText.parse(bytes) } catch {
            #expect(error.line >= 1 && error.line <= bytes.count(where: { $0 == 0x0a }) + 1)
        }
    }

    @Test func `all of the suite is there`() {
        let names = Captures.names(in: "metrics/openmetrics")
        #expect(names.count(where: { $0.hasPrefix("bad_") }) == 167)
        #expect(names.count == 211)
    }

    @Test func `a negative sum, which Go's client writes, is refused to the letter and read leniently`()
        throws
    {
        let bytes = try Captures.bytes("metrics/prometheus-alltypes.5mfs.om.txt")
        #expect { try MetricsText.parse(bytes, as: .openMetrics) } throws: { error in
            (error as? MetricsTextError)?.line == 33
        }
        #expect(
            try MetricsText.parse(bytes).total("rpc_durations_histogram_seconds_sum")
                == -8.452185437166741e-05)
    }
}
