/// Which engine answers at a node, as detected.
package enum EngineKind: String, Codable, Sendable, CaseIterable {
    case vllm, sglang, tgi, tensorrtLLM = "tensorrt-llm", llamacpp = "llama.cpp", unknown
}
