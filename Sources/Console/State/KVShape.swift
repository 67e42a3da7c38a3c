/// How many bytes one token takes in the KV cache of well-known models: 2 x layers x key-value heads x head dimension x
/// 2 bytes, from the configurations that they are published with. Engines tell tokens and not bytes, and may keep 8 bits
/// a number instead of 16: what is computed with it is an estimate.
enum KVShape {
    /// - model: in the engine's spelling, with or without its organisation.
    /// - Returns: nil for a model that is not in the list.
    static func bytesPerToken(_ model: String) -> Double? {
        let name = model.lowercased()
        return known.first { entry in entry.marks.allSatisfy(name.contains) }?.bytes
    }

    /// Words that must all be in the name; the first entry that fits counts.
    private static let known: [(marks: [String], bytes: Double)] = [
        (["llama-3.2", "1b"], 32_768), (["llama-3.2", "3b"], 114_688), (["llama-3", "405b"], 516_096),
        (["llama-3", "70b"], 327_680), (["llama-3", "8b"], 131_072),
        (["qwen3", "235b-a22b"], 192_512), (["qwen3", "30b-a3b"], 98_304), (["qwen3-32b"], 262_144),
        (["qwen3-14b"], 163_840), (["qwen3-8b"], 147_456),
        (["qwen2.5", "72b"], 327_680), (["qwen2.5", "32b"], 262_144), (["qwen2.5", "14b"], 196_608),
        (["qwen2.5", "1.5b"], 28_672), (["qwen2.5", "0.5b"], 12_288), (["qwen2.5", "7b"], 57_344),
        (["mixtral-8x22b"], 229_376), (["mixtral-8x7b"], 131_072), (["mistral-7b"], 131_072),
        (["deepseek", "v3"], 70_272), (["deepseek-r1-distill-llama-70b"], 327_680),
        (["deepseek-r1-distill-qwen-32b"], 262_144),
    ]
}
