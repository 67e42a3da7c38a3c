/// Every key that a configuration file may have, by the object it stands in.
package enum ConfigurationKeys {
    package enum Root: String, CaseIterable, Sendable {
        case listen, admin, nodes, policy, models, routing, limits, streams, scrape, loops, journal
        case minimumServing, slowStart, ejection, disagreementSeconds, readOnly
        /// Of the console, which reads it by itself.
        case keys
    }

    package enum Routing: String, CaseIterable, Sendable {
        case blockBytes, autotune
    }

    package enum Node: String, CaseIterable, Sendable {
        case name, url, role, weight, zone, apiKeyEnv, gpuMetricsUrl, dollarsPerHour, models, maxActive
        case kvEvents
    }

    package enum Model: String, CaseIterable, Sendable {
        case policy
    }

    package enum KVEvents: String, CaseIterable, Sendable {
        case endpoint, replay
    }

    package enum Limits: String, CaseIterable, Sendable {
        case maxHeaderBytes, maxBodyBytes, maxConnections, maxActivePerNode, memoryBytes
        case queueCapacity, queueTokens, queueSeconds
        case connectSeconds, firstTokenSeconds, prefillTokensPerSecond, stallSeconds, requestSeconds
        case idleSeconds, headerSeconds, retries, retryShare, retriesPerSecond
    }

    package enum MinimumServing: String, CaseIterable, Sendable {
        case each, models, roles
    }

    package enum SlowStart: String, CaseIterable, Sendable {
        case seconds, aggression
    }

    package enum Ejection: String, CaseIterable, Sendable {
        case failures, faults, ttftFactor, ttftFloorSeconds, seconds, minimumShare
    }

    package enum Streams: String, CaseIterable, Sendable {
        case migration, migrations, retainedBytes, waitingSeconds, readerSeconds, relayBufferBytes, faults
    }

    package enum Faults: String, CaseIterable, Sendable {
        case truncated, errorEvent, aborted, malformed, invalidUTF8, repeating, stalled
    }

    package enum Scrape: String, CaseIterable, Sendable {
        case intervalSeconds, timeoutSeconds
    }
}
