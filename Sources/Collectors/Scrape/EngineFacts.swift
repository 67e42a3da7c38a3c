import Foundation
import GatewayCore

/// What engines say of themselves in JSON.
enum EngineFacts {
    /// `/v1/models`.
    struct Models: Equatable {
        var names: [String]
        /// Whose engine it is, where `owned_by` says it.
        var kind: EngineKind?
    }

    private struct ModelList: Decodable {
        struct Model: Decodable {
            var id: String
            var owned_by: String?
        }
        var data: [Model]
    }

    /// Larger answers are not read: it would keep other nodes waiting.
    static let bodyLimit = 1 << 20

    private static func decode<Answer: Decodable>(_ type: Answer.Type, _ body: [UInt8]) -> Answer? {
        body.count <= bodyLimit ? try? JSONDecoder().decode(type, from: Data(body)) : nil
    }

    /// The first 256 of them.
    static func models(_ body: [UInt8]) -> Models? {
        guard let list = decode(ModelList.self, body) else { return nil }
        let owners = [
            "vllm": EngineKind.vllm, "sglang": .sglang, "llamacpp": .llamacpp, "tensorrt_llm": .tensorrtLLM,
        ]
        return Models(
            names: list.data.prefix(256).map(\.id),
            kind: list.data.lazy.compactMap { owners[$0.owned_by ?? ""] }.first)
    }

    private struct VersionAnswer: Decodable {
        var version: String?
        /// llama.cpp's `/props`.
        var build_info: String?
    }

    /// The version that `/version`, `/info`, `/server_info` or `/props` tells.
    static func version(_ body: [UInt8]) -> String? {
        let answer = decode(VersionAnswer.self, body)
        return answer?.version ?? answer?.build_info
    }

    /// Where an engine tells its version, the newest path first.
    static func versionPaths(_ kind: EngineKind) -> [String] {
        switch kind {
        case .vllm, .tensorrtLLM: ["/version"]
        case .sglang: ["/server_info", "/get_server_info"]
        case .tgi: ["/info"]
        case .llamacpp: ["/props"]
        case .unknown: []
        }
    }

    private struct Slot: Decodable {
        struct Token: Decodable { var n_decoded: Double? }
        var n_ctx: Double
        var is_processing: Bool
        var n_prompt_tokens: Double?
        var next_token: [Token]?
    }

    /// KV use of llama.cpp out of `/slots`: tokens of the requests being worked on, over what all slots hold.
    static func slots(_ body: [UInt8]) -> (usage: Double, capacityTokens: Double)? {
        guard let slots = decode([Slot].self, body) else { return nil }
        let capacity = slots.reduce(0) { $0 + $1.n_ctx }
        guard capacity > 0 else { return nil }
        let used = slots.filter(\.is_processing).reduce(0) {
            $0 + ($1.n_prompt_tokens ?? 0) + ($1.next_token?.first?.n_decoded ?? 0)
        }
        return (min(1, used / capacity), capacity)
    }

    private struct ErrorAnswer: Decodable {
        struct Detail: Decodable { var message: String? }
        var error: Detail?
    }

    /// The message of an error answer, short and printable.
    static func message(_ body: [UInt8]) -> String? {
        let answer = decode(ErrorAnswer.self, body)
        return answer?.error?.message.map(printable)
    }

    /// Text from elsewhere, fit to be shown: one line, at most 120 characters, no control characters.
    static func printable(_ text: String) -> String {
        String(
            text.unicodeScalars.prefix(120).map { scalar in
                scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
                    ? "?" : Character(scalar)
            })
    }
}
