import GatewayCore

/// A node to be read: where its engine answers and where its GPUs are told of.
package struct ScrapeTarget: Sendable, Equatable {
    /// The node's name in the fleet.
    package var name: String
    /// The engine's root, without /v1.
    package var url: EngineURL
    /// Sent to the engine as a bearer token, and to nobody else.
    package var apiKey: String?
    /// The whole address of a GPU exporter's metrics.
    package var gpuMetricsURL: EngineURL?
    /// Whether the engine runs on this machine's NVIDIA GPUs, to be asked by NVML or nvidia-smi.
    package var hasLocalGPUs = false

    package init(name: String, url: EngineURL) {
        self.name = name
        self.url = url
    }
}
