// The list of nodes.
extension ConfigurationReader {
    mutating func nodes(
        _ value: JSON5Value?, _ root: JSON5Value, environment: [String: String]
    ) -> [NodeConfiguration] {
        let example = "[{ name: \"a\", url: \"http://10.0.0.1:8000\" }]"
        guard let value else {
            note(root, "there are no nodes", remedy: "write nodes: \(example)")
            return []
        }
        guard let values = list(value, name: "nodes", example: example) else { return [] }
        if values.isEmpty { note(value, "there are no nodes", remedy: "write at least one: \(example)") }
        var taken = Taken()
        return values.enumerated().compactMap { index, value in
            node(value, number: index + 1, environment: environment, taken: &taken)
        }
    }

    /// Where names and URLs stand already.
    private struct Taken {
        var names: [String: SourcePosition] = [:]
        var urls: [EngineURL: SourcePosition] = [:]
    }

    private mutating func node(
        _ value: JSON5Value, number: Int, environment: [String: String], taken: inout Taken
    ) -> NodeConfiguration? {
        let place = "node \(value["name"].flatMap(Self.plainText) ?? "\(number)")"
        guard let fields = fields(of: value, place: place, keys: ConfigurationKeys.Node.self) else {
            return nil
        }
        for key in [ConfigurationKeys.Node.name, .url] where fields[key] == nil {
            note(value, "\(place) has no \(key.rawValue)", remedy: "write \(key.rawValue): \"...\"")
        }
        let name = parsed(fields[.name], name: "name", example: "a", by: Self.checkedName)
        let url = parsed(
            fields[.url], name: "url", example: "http://10.0.0.1:8000", by: Self.engineRoot)
        if let name, let value = fields[.name] {
            claim(name, value, in: &taken.names, what: "the name \(quoted(name))")
        }
        if let url, let value = fields[.url] { claim(url, value, in: &taken.urls, what: "the url \(url)") }
        var node = url.map { NodeConfiguration(name: name ?? "", url: $0) }
        let weight = whole(fields[.weight], name: "weight", in: 0...100)
        let role = choice(fields[.role], name: "role", of: NodeRole.self)
        if let weight { node?.weight = weight }
        if let role { node?.role = role }
        let zone = parsed(fields[.zone], name: "zone", example: "eu-1a", by: Self.checkedName)
        let gpuMetricsURL = parsed(
            fields[.gpuMetricsUrl], name: "gpuMetricsUrl", example: "http://10.0.0.1:9400/metrics",
            by: Self.exporter)
        let dollars = self.number(fields[.dollarsPerHour], name: "dollarsPerHour", in: 0...100_000)
        let models = models(fields[.models])
        let maxActive = whole(fields[.maxActive], name: "maxActive", in: GatewayLimits.nodeLimits)
        let variable = fields[.apiKeyEnv]
        let key = apiKey(variable, environment: environment)
        let kvEvents = kvEvents(fields[.kvEvents], place: place)
        node?.zone = zone
        node?.kvEvents = kvEvents
        node?.gpuMetricsURL = gpuMetricsURL
        node?.dollarsPerHour = dollars
        node?.models = models
        node?.maxActive = maxActive
        node?.apiKeyEnv = variable.flatMap(Self.plainText)
        node?.apiKey = key
        return node
    }

    private mutating func kvEvents(_ value: JSON5Value?, place: String) -> KVEventSource? {
        let keys = ConfigurationKeys.KVEvents.self
        guard let value, let fields = fields(of: value, place: "kvEvents of \(place)", keys: keys) else {
            return nil
        }
        if fields[.endpoint] == nil {
            note(
                value, "kvEvents of \(place) has no endpoint",
                remedy: "write endpoint: \"tcp://10.0.0.1:5557\", where the engine publishes")
        }
        let endpoint = parsed(
            fields[.endpoint], name: "endpoint", example: "tcp://10.0.0.1:5557", by: KVEndpoint.init(parsing:)
        )
        let replay = parsed(
            fields[.replay], name: "replay", example: "tcp://10.0.0.1:5558", by: KVEndpoint.init(parsing:))
        return endpoint.map { KVEventSource(endpoint: $0, replay: replay) }
    }

    private static func plainText(_ value: JSON5Value) -> String? {
        guard case .string(let text) = value.kind else { return nil }
        return text
    }

    private mutating func claim<Key: Hashable>(
        _ key: Key, _ value: JSON5Value, in taken: inout [Key: SourcePosition], what: String
    ) {
        if let first = taken[key] {
            note(value, "\(what) stands already at \(first)", remedy: "give every node its own")
        } else {
            taken[key] = value.position
        }
    }

    /// A name that can be typed as an argument and shown in a row.
    private static func checkedName(_ text: String) throws(InputProblem) -> String {
        let isRight =
            (1...64).contains(text.unicodeScalars.count) && !text.hasPrefix("-")
            && text.unicodeScalars.allSatisfy { $0.isPrintable && !$0.isJSON5Space }
        guard isRight else {
            throw InputProblem(
                "\(quoted(text)) is no name",
                remedy: "write 1 to 64 printable characters without spaces, the first one no hyphen")
        }
        return text
    }

    static func engineRoot(_ text: String) throws(InputProblem) -> EngineURL {
        let url = try EngineURL(parsing: text)
        guard !url.path.hasSuffix("/v1") else {
            var root = url
            root.path = String(url.path.dropLast(3))
            throw InputProblem("\(quoted(text)) ends with /v1", remedy: "write the engine's root: \(root)")
        }
        return url
    }

    private static func exporter(_ text: String) throws(InputProblem) -> EngineURL {
        var url = try EngineURL(parsing: text)
        if url.path.isEmpty { url.path = "/metrics" }
        return url
    }

    private mutating func models(_ value: JSON5Value?) -> [String]? {
        guard let value, let values = list(value, name: "models", example: "[\"llama-3\"]") else {
            return nil
        }
        if values.isEmpty {
            note(value, "models is empty", remedy: "name a model, or remove the key to ask the engine")
        }
        return values.compactMap { entry in
            guard let text = text(entry, name: "a model", example: "llama-3") else { return nil }
            guard (1...256).contains(text.utf8.count), text.unicodeScalars.allSatisfy(\.isPrintable) else {
                note(
                    entry, "\(quoted(text)) is no model name", remedy: "write the name that /v1/models gives")
                return nil
            }
            return text
        }
    }

    /// The value of the variable; an issue never shows what may be a key.
    private mutating func apiKey(_ value: JSON5Value?, environment: [String: String]) -> String? {
        guard let value, let name = text(value, name: "apiKeyEnv", example: "ENGINE_KEY") else { return nil }
        let isName =
            !name.isEmpty
            && name.utf8.enumerated().allSatisfy { index, byte in
                switch byte {
                case 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"): true
                case 0x30...0x39: index > 0
                default: false
                }
            }
        guard isName else {
            note(
                value, "apiKeyEnv is no name of an environment variable",
                remedy: "write the variable's name, \"ENGINE_KEY\", never the key itself")
            return nil
        }
        guard let key = environment[name], !key.isEmpty else {
            note(
                value, "the environment variable \(name) is not set",
                remedy: "set \(name) before the start, or remove apiKeyEnv")
            return nil
        }
        guard key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            note(
                value, "the environment variable \(name) has spaces or characters that a header can't have",
                remedy: "set it to the bare key, without a line end")
            return nil
        }
        return key
    }
}
