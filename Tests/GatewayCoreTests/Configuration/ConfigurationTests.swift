import Foundation
import GatewayCore
import Testing

private let policies = [
    "foresight", "round-robin", "random", "least-requests", "power-of-two", "prefix-affinity",
]

private func check(_ text: String, environment: [String: String] = [:]) -> [String] {
    ConfigurationCheck.run(
        text: Array(text.utf8), fileName: "f", environment: environment, policies: policies)
}

private func read(_ text: String, environment: [String: String] = [:]) throws -> GatewayConfiguration {
    let outcome = GatewayConfiguration.read(
        Array(text.utf8), environment: environment, policies: policies)
    guard case .configuration(let configuration) = outcome else {
        throw InputProblem("\(check(text, environment: environment))", remedy: "")
    }
    return configuration
}

private let node = "nodes: [{name: 'a', url: 'http://h:1'}]"

struct ConfigurationTests {
    private func exampleText() throws -> [UInt8] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try Array(Data(contentsOf: root.appendingPathComponent("fleet.example.json5")))
    }

    @Test func `the example file is right and its first node has every value`() throws {
        let text = try exampleText()
        let environment = ["ENGINE_KEY": "secret"]
        #expect(
            ConfigurationCheck.run(
                text: text, fileName: "fleet.example.json5", environment: environment, policies: policies)
                == [])
        guard
            case .configuration(let configuration) = GatewayConfiguration.read(
                text, environment: environment, policies: policies)
        else { return }
        let first = try #require(configuration.nodes.first)
        #expect(
            first.name == "decode-1" && first.role == .decode && first.weight == 100 && first.zone == "eu-1a")
        #expect(first.apiKey == "secret" && first.apiKeyEnv == "ENGINE_KEY" && first.dollarsPerHour == 2.49)
        #expect(first.gpuMetricsURL?.description == "http://10.0.0.1:9400/metrics")
        #expect(first.models == ["llama-3.3-70b"] && first.maxActive == 272)
        #expect(configuration.loops == 2 && configuration.admin == "/run/signalbox/admin.sock")
        #expect(configuration.journal == "/var/lib/signalbox")
    }

    @Test func `the example file shows every known key, each with a comment, and the defaults it claims`()
        throws
    {
        let text = try exampleText()
        let root = JSON5.parse(text).value
        func keys(_ value: JSON5Value?) -> Set<String> {
            guard case .object(let members)? = value?.kind else { return [] }
            return Set(members.map(\.key))
        }
        guard case .array(let nodes)? = root["nodes"]?.kind else { return #expect(Bool(false)) }
        #expect(keys(root) == Set(ConfigurationKeys.Root.allCases.map(\.rawValue)))
        #expect(keys(nodes.first) == Set(ConfigurationKeys.Node.allCases.map(\.rawValue)))
        #expect(keys(root["limits"]) == Set(ConfigurationKeys.Limits.allCases.map(\.rawValue)))
        #expect(keys(root["routing"]) == Set(ConfigurationKeys.Routing.allCases.map(\.rawValue)))
        #expect(keys(root["scrape"]) == Set(ConfigurationKeys.Scrape.allCases.map(\.rawValue)))
        #expect(
            keys(root["minimumServing"]) == Set(ConfigurationKeys.MinimumServing.allCases.map(\.rawValue)))
        #expect(keys(root["slowStart"]) == Set(ConfigurationKeys.SlowStart.allCases.map(\.rawValue)))
        #expect(keys(root["ejection"]) == Set(ConfigurationKeys.Ejection.allCases.map(\.rawValue)))
        var lines = String(decoding: text, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false
        )
        .map { $0.trimmingCharacters(in: .whitespaces) }
        lines.removeAll { $0 == "nodes: [" }
        for (before, line) in zip(lines, lines.dropFirst()) where line.contains(/^[a-zA-Z]+:/) {
            #expect(before.hasPrefix("//"), "no comment above \(line)")
        }
        let configuration = try read(
            String(decoding: text, as: UTF8.self), environment: ["ENGINE_KEY": "x"])
        var limits = GatewayLimits()
        limits.maxActivePerNode = 272  // the comments say that the default is another
        limits.memoryBytes = 4_294_967_296
        #expect(configuration.limits == limits && configuration.scrape == ScrapeSettings())
        var routing = RoutingSettings()
        routing.autotuneSeconds = 300  // the comment says that the default is never
        #expect(configuration.routing == routing)
        #expect(configuration.policies.standard == PolicySetting.usual)
        #expect(keys(root["models"]?["llama-3-8b"]) == Set(ConfigurationKeys.Model.allCases.map(\.rawValue)))
        #expect(configuration.listen == GatewayConfiguration(nodes: []).listen && !configuration.isReadOnly)
        #expect(try read("{\(node), readOnly: true}").isReadOnly)
        #expect(
            check("{\(node), readOnly: 1}").first?.contains("readOnly is a number, not true or false") == true
        )
    }

    @Test func `the rules of the fleet arrive in their fields, and the example's are the defaults`() throws {
        var example = try read(
            String(decoding: try exampleText(), as: UTF8.self), environment: ["ENGINE_KEY": "x"]
        ).rules
        example.minimumServing.models = []
        example.minimumServing.roles = []
        #expect(example == FleetRules())
        let rules = try read(
            """
            {\(node), minimumServing: {each: 2, models: {"a b": 3}, roles: {prefill: 4}}, disagreementSeconds: "1m",
             slowStart: {seconds: "2m", aggression: 1.5}, ejection: {failures: 7, faults: 8, ttftFactor: 9,
             ttftFloorSeconds: "10s", seconds: 11, minimumShare: 0.25}}
            """
        ).rules
        #expect(rules.minimumServing.each == 2 && rules.minimumServing.ofModel("a b") == 3)
        #expect(rules.minimumServing.ofRole(.prefill) == 4 && rules.minimumServing.ofRole(.decode) == 2)
        #expect(rules.slowStart.seconds == 120 && rules.slowStart.aggression == 1.5)
        #expect(rules.ejection.failures == 7 && rules.ejection.faults == 8 && rules.ejection.ttftFactor == 9)
        #expect(rules.ejection.ttftFloorSeconds == 10 && rules.ejection.seconds == 11)
        #expect(rules.ejection.minimumShare == 0.25 && rules.disagreementSeconds == 60)
        #expect(try read("{\(node), minimumServing: 3}").rules.minimumServing.each == 3)
        for wrong in [
            "minimumServing: -1", "minimumServing: {roles: {mixed: 1}}", "ejection: {minimumShare: 2}",
        ] {
            #expect(throws: (any Error).self) { try read("{\(node), \(wrong)}") }
        }
    }

    @Test func `a block of the prompt is a multiple of 64 bytes`() throws {
        #expect(try read("{\(node), routing: {blockBytes: 1024}}").routing.blockBytes == 1024)
        #expect(try read("{\(node), routing: {}}").routing.blockBytes == 256)
        for wrong in ["{blockBytes: 100}", "{blockBytes: 0}", "{blockBytes: 8192}", "{blockbytes: 64}", "64"]
        {
            let said = check("{\(node), routing: \(wrong)}")
            #expect(said.count == 1 && said[0].hasPrefix("f:1:"), "\(said)")
        }
        #expect(check("{\(node), routing: {blockBytes: 100}}")[0].contains("write 64 or 128"))
    }

    @Test func `a name and a URL are enough and everything else has its default`() throws {
        let configuration = try read("{\(node)}")
        var expected = GatewayConfiguration(
            nodes: [NodeConfiguration(name: "a", url: try EngineURL(parsing: "http://h:1"))])
        #expect(configuration == expected)
        expected.limits.retries = 3
        #expect(configuration != expected)
        #expect(
            configuration.limits.maxHeaderBytes == 65_536 && configuration.limits.maxBodyBytes == 67_108_864)
        #expect(configuration.limits.queueCapacity == 1024 && configuration.limits.queueSeconds == 30)
        #expect(configuration.limits.firstTokenSeconds == 180 && configuration.limits.stallSeconds == 120)
        #expect(configuration.limits.connectSeconds == 5 && configuration.limits.requestSeconds == 3600)
        #expect(configuration.limits.prefillTokensPerSecond == 100)
        #expect(configuration.limits.maxActivePerNode == nil && configuration.limits.memoryBytes == nil)
        #expect(configuration.limits.queueTokens == 32_000_000)
        #expect(configuration.limits.retryShare == 0.2 && configuration.limits.retriesPerSecond == 3)
        #expect(configuration.limits.idleSeconds == 75 && configuration.limits.headerSeconds == 15)
        #expect(configuration.limits.maxConnections == 16_384 && configuration.limits.retries == 2)
    }

    @Test func `every limit and setting of the file arrives in its own field`() throws {
        let limits = try read(
            """
            {\(node), limits: {maxHeaderBytes: "32KiB", maxBodyBytes: 2e6, maxConnections: 3, queueCapacity: 4,
             queueSeconds: "5s", firstTokenSeconds: "6m", stallSeconds: 7, idleSeconds: 8, headerSeconds: "900ms",
             retries: 0, maxActivePerNode: 64, memoryBytes: "2GiB", queueTokens: 9, connectSeconds: 1.5,
             prefillTokensPerSecond: 250, requestSeconds: 0, retryShare: 0.5, retriesPerSecond: 0}, scrape: {intervalSeconds: 0.5, timeoutSeconds: 3}, policy: "random", listen: "[::1]:0"}
            """)
        #expect(limits.limits.maxHeaderBytes == 32_768 && limits.limits.maxBodyBytes == 2_000_000)
        #expect(limits.limits.maxConnections == 3 && limits.limits.queueCapacity == 4)
        #expect(limits.limits.queueSeconds == 5 && limits.limits.firstTokenSeconds == 360)
        #expect(limits.limits.stallSeconds == 7 && limits.limits.idleSeconds == 8)
        #expect(limits.limits.headerSeconds == 0.9 && limits.limits.retries == 0)
        #expect(limits.limits.maxActivePerNode == 64 && limits.limits.memoryBytes == 2_147_483_648)
        #expect(limits.limits.queueTokens == 9 && limits.limits.connectSeconds == 1.5)
        #expect(limits.limits.prefillTokensPerSecond == 250 && limits.limits.requestSeconds == 0)
        #expect(limits.limits.retryShare == 0.5 && limits.limits.retriesPerSecond == 0)
        #expect(limits.scrape.intervalSeconds == 0.5 && limits.scrape.timeoutSeconds == 3)
        #expect(limits.policies.standard.name == "random" && limits.listen.description == "[::1]:0")
    }

    @Test func `every setting of streams arrives in its own field`() throws {
        let limits = try read(
            """
            {\(node), streams: {migration: "inexact", migrations: 7, retainedBytes: "1MiB", waitingSeconds: 0.5,
             readerSeconds: "2m", relayBufferBytes: "32KiB", faults: {truncated: "cut", errorEvent: "report",
             aborted: "cut", malformed: "migrate", invalidUTF8: "cut", repeating: "migrate", stalled: "report"}}}
            """
        ).limits
        #expect(limits.migration == .inexact && limits.migrations == 7)
        #expect(limits.retainedBytes == 1_048_576 && limits.relayBufferBytes == 32_768)
        #expect(limits.waitingSeconds == 0.5 && limits.readerSeconds == 120)
        let expected: [FaultPolicy] = [.cut, .report, .cut, .migrate, .cut, .migrate, .report, .cut]
        #expect(StreamFault.allCases.map { limits.faults[$0] } == expected)
        #expect(
            check("{\(node), streams: {migration: \"exactly\"}}").map { $0.drop { $0 != "\"" } } == [
                "\"exactly\" is no migration; did you mean \"exact\"? There are off, exact, inexact"
            ])
    }

    @Test func `every mistake of a file is named in one run, in its order, with place and remedy`() {
        let text = """
            {
              listn: "127.0.0.1:8080",
              listen: "127.0.0.1",
              policy: "round-robbin",
              limits: { retries: 2.5, queueSeconds: "soon", maxBodyBytes: 10, idleSeconds: NaN },
              nodes: [
                { name: "a", url: "https://h:1", weigth: 10 },
                { name: "a", url: "http://h:2", role: "decoder", weight: 101 },
                { name: "b c", url: "http://H:2/", apiKeyEnv: "NO_SUCH_KEY" },
                { url: 5, zone: true },
              ],
              loops: "two",
            }
            """
        #expect(
            check(text) == [
                "f:2:3: unknown key \"listn\" in the configuration; did you mean \"listen\"?",
                "f:3:11: listen: \"127.0.0.1\" has no port; write ADDRESS:PORT with a numeric address, for example"
                    + " 127.0.0.1:8080 or [::1]:8080",
                "f:4:11: \"round-robbin\" is no policy; did you mean \"round-robin\"? There are foresight, round-robin,"
                    + " random, least-requests, power-of-two, prefix-affinity",
                "f:5:22: retries is 2.5, not a whole number; write 2",
                "f:5:41: queueSeconds is \"soon\", which is no amount; write 30 or \"10m\"",
                "f:5:63: maxBodyBytes is 10, out of range; write 1024 to 1073741824",
                "f:5:80: idleSeconds is nan, out of range; write 1 to 3600",
                "f:7:23: url: https upstreams are not supported yet; write http://..., or put a TLS proxy on this"
                    + " machine before the engine",
                "f:7:38: unknown key \"weigth\" in node a; did you mean \"weight\"?",
                "f:8:13: the name \"a\" stands already at 7:13; give every node its own",
                "f:8:43: \"decoder\" is no role; did you mean \"decode\"? There are prefill, decode, mixed",
                "f:8:62: weight is 101, out of range; write 0 to 100",
                "f:9:13: name: \"b c\" is no name; write 1 to 64 printable characters without spaces, the first one"
                    + " no hyphen",
                "f:9:25: the url http://h:2 stands already at 8:23; give every node its own",
                "f:9:51: the environment variable NO_SUCH_KEY is not set; set NO_SUCH_KEY before the start, or remove"
                    + " apiKeyEnv",
                "f:10:5: node 4 has no name; write name: \"...\"",
                "f:10:12: url is a number, not a string; write \"http://10.0.0.1:8000\"",
                "f:10:21: zone is true, not a string; write \"eu-1a\"",
                "f:12:10: loops is a string, not a number; write 1",
            ])
    }

    @Test func `mistakes of the language and of the meaning come in one run`() {
        let issues = check("{ listen: 5, nodes: [ {name: 'a', url: 'http://h:1' weight: 999} ] ")
        #expect(issues.map { $0.split(separator: " ")[0] } == ["f:1:1:", "f:1:11:", "f:1:52:", "f:1:61:"])
    }

    @Test(arguments: [
        ("[]", "the configuration is an array"), ("{}", "there are no nodes"),
        ("{nodes: []}", "there are no nodes"),
        ("{nodes: {}}", "nodes is an object"), ("{nodes: [null]}", "node 1 is null"),
        ("{\(node), admin: 'x.sock'}", "no absolute path"),
        ("{\(node), admin: '/\(String(repeating: "x", count: 107))'}", "longer than 107 bytes"),
        ("{\(node), journal: 1}", "journal is a number"), ("{\(node), loops: 0}", "loops is 0"),
        ("{\(node), policy: 'zzz'}", "is no policy; write one of"),
        ("{\(node), limits: 1}", "limits is a number"),
        ("{\(node), scrape: {intervalSeconds: 0}}", "out of range"),
        ("{\(node), limits: {queueSeconds: Infinity}}", "queueSeconds is inf, out of range"),
        ("{\(node), limits: {retries: '2'}}", "retries is a string"),
        ("{nodes: [{name: '-a', url: 'http://h:1'}]}", "is no name"),
        ("{nodes: [{name: 'a', url: 'http://h:1/v1'}]}", "write the engine's root: http://h:1"),
        ("{nodes: [{name: 'a', url: 'http://h:1', models: []}]}", "models is empty"),
        ("{nodes: [{name: 'a', url: 'http://h:1', models: ['']}]}", "is no model name"),
        ("{nodes: [{name: 'a', url: 'http://h:1', dollarsPerHour: -1}]}", "dollarsPerHour is -1"),
        ("{nodes: [{name: 'a', url: 'http://h:1', nmae: 1}]}", "did you mean \"name\"?"),
        ("{nodes: [{name: 'a', url: 'http://h:1', qqqqqq: 1}]}", "the keys here are name, url"),
    ])
    func `each kind of mistake is told`(text: String, part: String) {
        let issues = check(text)
        #expect(issues.count == 1 && issues[0].contains(part), "\(issues)")
    }

    @Test func `a key never gets into a message and must fit into a header`() {
        let text = "{nodes: [{name: 'a', url: 'http://h:1', apiKeyEnv: 'sk-SECRET'}]}"
        #expect(check(text).count == 1 && !check(text)[0].contains("SECRET"))
        let named = "{nodes: [{name: 'a', url: 'http://h:1', apiKeyEnv: 'K'}]}"
        #expect(check(named, environment: ["K": "value\r\nX: y"]).count == 1)
        #expect(!check(named, environment: ["K": "value\r\nX: y"])[0].contains("value\r"))
        #expect(check(named, environment: ["K": ""])[0].contains("not set"))
        #expect(check(named, environment: ["K": "value"]) == [])
    }

    @Test func `the example cut off or changed at every byte is an error or right, never a crash`() throws {
        let text = try exampleText()
        for index in text.indices {
            _ = ConfigurationCheck.run(
                text: Array(text[..<index]), fileName: "f", environment: [:], policies: policies)
            guard index % 4 == 0 else { continue }
            for replacement in "{\"0-".utf8 {
                var changed = text
                changed[index] = replacement
                _ = ConfigurationCheck.run(text: changed, fileName: "f", environment: [:], policies: policies)
            }
        }
    }
}

struct BareURLTests {
    @Test func `bare URLs give nodes named by host and port`() throws {
        let configuration = try GatewayConfiguration(
            urls: [
                "http://10.0.0.1:8000", "http://Host", "http://[FD00::1]:9/", "http://h:1/a", "http://h:1/b",
            ])
        #expect(
            configuration.nodes.map(\.name) == [
                "10.0.0.1:8000", "host:80", "[fd00::1]:9", "h:1/a", "h:1/b",
            ])
        #expect(
            configuration.nodes.map(\.url.description)[1...2] == ["http://host:80", "http://[fd00::1]:9"])
    }

    @Test func `every bad URL is told`() {
        let error = #expect(throws: UnusableURLs.self) {
            try GatewayConfiguration(urls: ["http://a:1", "https://b:1", "c:1", "http://A:1/"])
        }
        #expect(error?.messages.count == 3)
        #expect(throws: UnusableURLs.self) { try GatewayConfiguration(urls: []) }
    }

    @Test(arguments: [
        "", "http", "http:", "http://", "http:///x", "ftp://h", "https://h", "h:80", "http://h:0",
        "http://h:65536",
        "http://h:", "http://h:8a", "http://h:+1", "http://u:p@h", "http://h?q", "http://h#f", "http://[::1",
        "http://[x]:1", "http://::1:80", "http://1.2.3", "http://1.2.3.256", "http://a..b", "http://-a",
        "http://a b",
        "http://é", "http://h/a b", "http://h\r\nX:1", "http://[127.0.0.1]:1",
    ])
    func `a bad URL is refused with a remedy`(text: String) {
        let problem = #expect(throws: InputProblem.self) { try EngineURL(parsing: text) }
        #expect(problem?.remedy.isEmpty == false)
    }

    @Test(arguments: [
        ("127.0.0.1:8080", "127.0.0.1:8080"), ("0.0.0.0:0", "0.0.0.0:0"), ("[::]:1", "[::]:1"),
        ("localhost:9", "127.0.0.1:9"), ("8080", ""), (":8080", ""), ("1.2.3.4", ""), ("::1:80", ""),
        ("[127.0.0.1]:1", ""), ("h:80", ""), ("1.2.3.4:70000", ""), ("1.2.3.4:-1", ""), ("1.2.3.4:", ""),
        ("http://1.2.3.4:5", ""),
    ])
    func `a listen address is a numeric one with a port`(text: String, expected: String) {
        #expect((try? ListenAddress(parsing: text))?.description ?? "" == expected)
    }

    @Test(arguments: [
        ("10m", 600.0), ("20s", 20), ("1.5h", 5400), ("250ms", 0.25), ("7", 7), ("2 d", 172_800), ("", nil),
        ("m", nil),
        ("-1s", nil), ("1x", nil), ("1 0s", nil), ("infinity", nil),
    ])
    func `durations are numbers with a unit`(text: String, expected: Double?) {
        #expect(Amounts.seconds(text) == expected)
    }

    @Test(arguments: [
        ("weigth", "weight"), ("Weight", "weight"), ("nodess", "nodes"), ("x", nil), ("", nil),
        ("listenn", "listen"),
    ])
    func `the nearest name is suggested only when it is near`(text: String, expected: String?) {
        #expect(NearestName.of(text, among: ["listen", "nodes", "weight"]) == expected)
    }

    @Test(arguments: [
        ("ca", "abc", 3), ("abcd", "acbd", 1), ("", "abc", 3), ("kitten", "sitting", 3), ("a", "a", 0),
    ])
    func `the distance counts swaps of neighbours as one`(one: String, other: String, expected: Int) {
        #expect(NearestName.distance(Array(one.unicodeScalars), Array(other.unicodeScalars)) == expected)
    }
}
