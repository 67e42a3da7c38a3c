import GatewayCore

/// What one GPU's memory holds, in bytes; nil: not known. KV parts are estimates, see `KVShape`.
package struct HBMSplit: Equatable, Sendable {
    package var total: Double?
    package var used: Double?
    /// Kept by the driver for itself.
    package var reserved: Double?
    /// Blocks of requests that run.
    package var kvActive: Double?
    /// Blocks kept for prompts to come; nil unless the engine's KV events tell the whole cache.
    package var kvCached: Double?
    /// Blocks of the engine's pool that hold nothing, or nothing that is known.
    package var kvFree: Double?

    init(_ gpu: GPUReading, of node: NodeStatus) {
        (total, used, reserved) = (gpu.memoryTotalBytes, gpu.memoryUsedBytes, gpu.memoryReservedBytes)
        guard let pool = Self.pool(node), let used, pool <= used, let usage = node.kvUsage else { return }
        let active = pool * min(max(usage, 0), 1)
        kvActive = active
        if let share = Self.heldShare(node) { kvCached = min(max(share * pool - active, 0), pool - active) }
        kvFree = pool - active - (kvCached ?? 0)
    }

    /// The sums of several GPUs; a part that one of them lacks is not known of all.
    init(sum parts: [HBMSplit]) {
        func all(_ part: (HBMSplit) -> Double?) -> Double? {
            let known = parts.compactMap(part)
            return known.count == parts.count && !known.isEmpty ? known.reduce(0, +) : nil
        }
        (total, used, reserved) = (all(\.total), all(\.used), all(\.reserved))
        (kvActive, kvCached, kvFree) = (all(\.kvActive), all(\.kvCached), all(\.kvFree))
    }

    /// Weights, activations, graphs: what is used and no KV pool.
    package var other: Double? {
        guard let used, let kvActive, let kvFree else { return nil }
        return used - kvActive - (kvCached ?? 0) - kvFree
    }

    /// Neither used nor kept by the driver.
    package var free: Double? {
        guard let total, let used else { return nil }
        return max(total - used - (reserved ?? 0), 0)
    }

    /// Of the whole, 0...1.
    package var usedShare: Double? {
        guard let total, total > 0, let used else { return nil }
        return used / total
    }

    /// The engine's KV pool on one of its GPUs, over which it is spread evenly.
    private static func pool(_ node: NodeStatus) -> Double? {
        guard let tokens = node.kvCapacityTokens, node.models.count == 1, !node.gpus.isEmpty,
            let bytes = KVShape.bytesPerToken(node.models[0])
        else { return nil }
        return tokens * bytes / Double(node.gpus.count)
    }

    /// Share of the pool that holds something, active or cached, where events tell all of it.
    private static func heldShare(_ node: NodeStatus) -> Double? {
        guard let feed = node.kvEvents, feed.isLive, feed.isWhole, let size = feed.blockSize,
            let capacity = node.kvCapacityTokens, capacity > 0
        else { return nil }
        return Double(feed.blocks * size) / capacity
    }
}
