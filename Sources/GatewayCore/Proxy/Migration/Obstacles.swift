/// What keeps a stream from being continued exactly on another node.
///
/// Found in the request before it is sent, or in the stream as it passes. What real engines can continue was measured
/// (vLLM 0.32, llama.cpp b11434, temperature 0, 60 cuts each): by token ids always, by text where it encodes back to the
/// same tokens, seeded sampling never.
package struct Obstacles: OptionSet, Sendable, Hashable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The temperature is not 0: the random state starts anew elsewhere.
    package static let sampling = Obstacles(rawValue: 1)
    /// They count generated tokens, which a continuation takes for its prompt.
    package static let penalties = Obstacles(rawValue: 2)
    package static let severalChoices = Obstacles(rawValue: 4)
    package static let logprobs = Obstacles(rawValue: 8)
    /// A grammar's state cannot be handed over.
    package static let structuredOutput = Obstacles(rawValue: 16)
    /// Its token ids do not say what the pictures and sounds were.
    package static let multimodal = Obstacles(rawValue: 32)
    /// echo, suffix or beam search.
    package static let completionMode = Obstacles(rawValue: 64)
    package static let toolCall = Obstacles(rawValue: 128)
    package static let reasoning = Obstacles(rawValue: 256)
    package static let optedOut = Obstacles(rawValue: 512)
    package static let memory = Obstacles(rawValue: 1024)
    /// Another node would be given other tokens than the first one had.
    package static let diverged = Obstacles(rawValue: 2048)

    /// With these a continuation is a plausible text but not the same; an operator may allow it.
    package static let inexact: Obstacles = [.sampling, .penalties]

    package var words: String {
        let known: [(Obstacles, String)] = [
            (.sampling, "its temperature is not 0"),
            (.penalties, "it has frequency or presence penalties"),
            (.severalChoices, "it asks for several answers"),
            (.logprobs, "it asks for logprobs"),
            (.structuredOutput, "its output is structured"),
            (.multimodal, "its prompt is more than text"),
            (.completionMode, "it asks for echo, suffix or beam search"),
            (.toolCall, "a tool call was half sent"),
            (.reasoning, "its reasoning was half sent"),
            (.optedOut, "the client opted out"),
            (.memory, "limits.retainedBytes was used up"),
            (.diverged, "the text so far is other tokens there"),
        ]
        return known.filter { contains($0.0) }.map(\.1).joined(separator: ", ")
    }
}
