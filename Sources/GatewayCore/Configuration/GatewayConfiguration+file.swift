extension GatewayConfiguration {
    /// What a file gave: a configuration, or every mistake in the order of the file.
    package enum Outcome: Sendable, Equatable {
        case configuration(GatewayConfiguration)
        case issues([ConfigurationIssue])
    }

    /// Reads a configuration file's text.
    ///
    /// - Parameters:
    ///   - environment: where `apiKeyEnv` finds its variable.
    ///   - policies: the names that `policy` may take.
    ///   - keys: what is wrong with the value of `keys`, which is the console's.
    package static func read(
        _ text: [UInt8], environment: [String: String], policies: [String],
        keys: (JSON5Value) -> [ConfigurationIssue] = { _ in [] }
    ) -> Outcome {
        let document = JSON5.parse(text)
        var reader = ConfigurationReader()
        for error in document.errors { reader.note(error) }
        let configuration = reader.configuration(document.value, environment: environment, policies: policies)
        let issues = reader.issues + (document.value["keys"].map(keys) ?? [])
        if let configuration, issues.isEmpty { return .configuration(configuration) }
        return .issues(issues.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
    }
}

/// What `signalbox check FILE` prints: every mistake as `file:line:column: message; remedy`, none when all is right.
package enum ConfigurationCheck {
    package static func run(
        text: [UInt8], fileName: String, environment: [String: String], policies: [String],
        keys: (JSON5Value) -> [ConfigurationIssue] = { _ in [] }
    ) -> [String] {
        switch GatewayConfiguration.read(text, environment: environment, policies: policies, keys: keys) {
        case .configuration: []
        case .issues(let issues): issues.map { $0.text(file: fileName) }
        }
    }
}

extension ConfigurationReader {
    /// Linux: `sun_path` holds 108 bytes with the NUL at the end (unix(7)).
    private static let maxSocketPathBytes = 107

    fileprivate mutating func configuration(
        _ root: JSON5Value, environment: [String: String], policies: [String]
    ) -> GatewayConfiguration? {
        typealias Key = ConfigurationKeys.Root
        guard let fields = fields(of: root, place: "the configuration", keys: Key.self) else { return nil }
        var configuration = GatewayConfiguration(nodes: nodes(fields[.nodes], root, environment: environment))
        if let listen = parsed(
            fields[.listen], name: "listen", example: "127.0.0.1:8080",
            by: ListenAddress.init(parsing:))
        {
            configuration.listen = listen
        }
        configuration.admin = path(fields[.admin], name: "admin", maxBytes: Self.maxSocketPathBytes)
        configuration.journal = path(fields[.journal], name: "journal", maxBytes: 4000)
        configuration.policies = self.policies(fields, among: policies)
        if let limits = fields[.limits] { configuration.limits = self.limits(limits) }
        if let streams = fields[.streams] { self.streams(streams, into: &configuration.limits) }
        if let routing = fields[.routing] { configuration.routing = self.routing(routing) }
        if let scrape = fields[.scrape] { configuration.scrape = self.scrape(scrape) }
        configuration.rules = rules(fields)
        set(&configuration.isReadOnly, truth(fields[.readOnly], name: "readOnly"))
        configuration.loops = whole(fields[.loops], name: "loops", in: 1...256)
        return configuration
    }

    private mutating func path(_ value: JSON5Value?, name: String, maxBytes: Int) -> String? {
        guard let value, let path = text(value, name: name, example: "/run/signalbox/\(name)") else {
            return nil
        }
        guard path.hasPrefix("/"), path.unicodeScalars.allSatisfy(\.isPrintable) else {
            note(
                value, "\(name) is \(quoted(path)), no absolute path",
                remedy: "write a path that begins with /")
            return nil
        }
        guard path.utf8.count <= maxBytes else {
            note(value, "\(name) is longer than \(maxBytes) bytes", remedy: "write a shorter path")
            return nil
        }
        return path
    }

    private mutating func limits(_ value: JSON5Value) -> GatewayLimits {
        var limits = GatewayLimits()
        guard let fields = fields(of: value, place: "limits", keys: ConfigurationKeys.Limits.self) else {
            return limits
        }
        set(
            &limits.maxHeaderBytes,
            bytes(fields[.maxHeaderBytes], name: "maxHeaderBytes", in: 1024...1_048_576))
        set(
            &limits.maxBodyBytes, bytes(fields[.maxBodyBytes], name: "maxBodyBytes", in: 1024...1_073_741_824)
        )
        set(&limits.maxConnections, whole(fields[.maxConnections], name: "maxConnections", in: 1...1_000_000))
        limits.maxActivePerNode = whole(
            fields[.maxActivePerNode], name: "maxActivePerNode", in: GatewayLimits.nodeLimits)
        limits.memoryBytes = bytes(
            fields[.memoryBytes], name: "memoryBytes", in: 67_108_864...1_099_511_627_776)
        set(
            &limits.queueCapacity,
            whole(fields[.queueCapacity], name: "queueCapacity", in: GatewayLimits.queueCapacities))
        set(&limits.queueTokens, whole(fields[.queueTokens], name: "queueTokens", in: 1...1_000_000_000))
        set(&limits.retries, whole(fields[.retries], name: "retries", in: 0...10))
        set(&limits.retryShare, number(fields[.retryShare], name: "retryShare", in: 0...1))
        set(
            &limits.retriesPerSecond,
            number(fields[.retriesPerSecond], name: "retriesPerSecond", in: 0...10_000))
        times(fields, &limits)
        return limits
    }

    private mutating func times(
        _ fields: [ConfigurationKeys.Limits: JSON5Value], _ limits: inout GatewayLimits
    ) {
        let long = 0.1...86_400.0
        set(&limits.queueSeconds, seconds(fields[.queueSeconds], name: "queueSeconds", in: 0...3600))
        set(&limits.connectSeconds, seconds(fields[.connectSeconds], name: "connectSeconds", in: 0.1...600))
        set(
            &limits.firstTokenSeconds,
            seconds(fields[.firstTokenSeconds], name: "firstTokenSeconds", in: long))
        set(
            &limits.prefillTokensPerSecond,
            number(fields[.prefillTokensPerSecond], name: "prefillTokensPerSecond", in: 1...10_000_000))
        set(&limits.stallSeconds, seconds(fields[.stallSeconds], name: "stallSeconds", in: long))
        set(
            &limits.requestSeconds,
            seconds(fields[.requestSeconds], name: "requestSeconds", in: 0...864_000))
        set(&limits.idleSeconds, seconds(fields[.idleSeconds], name: "idleSeconds", in: 1...3600))
        set(&limits.headerSeconds, seconds(fields[.headerSeconds], name: "headerSeconds", in: 0.1...600))
    }

    private mutating func routing(_ value: JSON5Value) -> RoutingSettings {
        var routing = RoutingSettings()
        guard let fields = fields(of: value, place: "routing", keys: ConfigurationKeys.Routing.self) else {
            return routing
        }
        routing.autotuneSeconds = seconds(fields[.autotune], name: "autotune", in: 5...86_400)
        guard let value = fields[.blockBytes],
            let bytes = bytes(value, name: "blockBytes", in: 64...4096)
        else { return routing }
        if bytes % 64 != 0 {
            note(
                value, "blockBytes is \(bytes), no multiple of 64",
                remedy: "write \(max(64, bytes / 64 * 64)) or \(bytes / 64 * 64 + 64)")
        }
        routing.blockBytes = bytes
        return routing
    }

    private mutating func scrape(_ value: JSON5Value) -> ScrapeSettings {
        var scrape = ScrapeSettings()
        guard let fields = fields(of: value, place: "scrape", keys: ConfigurationKeys.Scrape.self) else {
            return scrape
        }
        set(
            &scrape.intervalSeconds,
            seconds(fields[.intervalSeconds], name: "intervalSeconds", in: 0.1...3600))
        set(&scrape.timeoutSeconds, seconds(fields[.timeoutSeconds], name: "timeoutSeconds", in: 0.1...60))
        return scrape
    }

    /// Keeps the default where the file says nothing (or something wrong, which is an issue).
    func set<T>(_ target: inout T, _ value: T?) {
        if let value { target = value }
    }
}
