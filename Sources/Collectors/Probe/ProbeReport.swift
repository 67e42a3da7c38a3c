import GatewayCore

/// What `signalbox probe` found out about one URL. As JSON: camelCase keys, seconds and ratios, null for
/// unknown.
package struct ProbeReport: Codable, Sendable, Equatable {
    package var url: String
    package var engine: EngineKind
    package var version: String?
    package var models: [String]
    package var isReady: Bool
    /// Why it isn't ready, with the remedy.
    package var notReadyReason: String?
    /// Every path that was asked, in order.
    package var endpoints: [Endpoint]
    /// Every reading that the fleet view knows, had or not.
    package var readings: [Reading]
    /// What the operator should know or do.
    package var problems: [String]

    /// One path and how it answered.
    package struct Endpoint: Codable, Sendable, Equatable {
        package var path: String
        /// nil: no answer.
        package var status: Int?
        package var seconds: Double
        package var bytes: Int?
        package var problem: String?

        package func encode(to encoder: any Encoder) throws {
            var keys = encoder.container(keyedBy: CodingKeys.self)
            try keys.encode(path, forKey: .path)
            try keys.encode(status, forKey: .status)
            try keys.encode(seconds, forKey: .seconds)
            try keys.encode(bytes, forKey: .bytes)
            try keys.encode(problem, forKey: .problem)
        }
    }

    /// One thing that could be read, or the reason why not.
    package struct Reading: Codable, Sendable, Equatable {
        /// As `status --json` calls it.
        package var name: String
        package var isAvailable: Bool
        /// The number now; nil while there are no observations.
        package var value: Double?
        package var reason: String?

        package func encode(to encoder: any Encoder) throws {
            var keys = encoder.container(keyedBy: CodingKeys.self)
            try keys.encode(name, forKey: .name)
            try keys.encode(isAvailable, forKey: .isAvailable)
            try keys.encode(value, forKey: .value)
            try keys.encode(reason, forKey: .reason)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var keys = encoder.container(keyedBy: CodingKeys.self)
        try keys.encode(url, forKey: .url)
        try keys.encode(engine, forKey: .engine)
        try keys.encode(version, forKey: .version)
        try keys.encode(models, forKey: .models)
        try keys.encode(isReady, forKey: .isReady)
        try keys.encode(notReadyReason, forKey: .notReadyReason)
        try keys.encode(endpoints, forKey: .endpoints)
        try keys.encode(readings, forKey: .readings)
        try keys.encode(problems, forKey: .problems)
    }
}
