/// Every key that a configuration file may have, by the object it stands in.
package enum ConfigurationKeys {
    package enum Root: String, CaseIterable, Sendable {
        case listen, admin, nodes, policy, limits, scrape, loops, journal
    }

    package enum Node: String, CaseIterable, Sendable {
        case name, url, role, weight, zone, apiKeyEnv, gpuMetricsUrl, dollarsPerHour, models, maxActive
    }

    package enum Limits: String, CaseIterable, Sendable {
        case maxHeaderBytes, maxBodyBytes, maxConnections, maxActivePerNode, memoryBytes
        case queueCapacity, queueTokens, queueSeconds
        case connectSeconds, firstTokenSeconds, prefillTokensPerSecond, stallSeconds, requestSeconds
        case idleSeconds, headerSeconds, retries, retryShare, retriesPerSecond
    }

    package enum Scrape: String, CaseIterable, Sendable {
        case intervalSeconds, timeoutSeconds
    }
}
