// How a conversation will go on.
extension BodyFacts {
    /// Appends what its client will put behind the prompt when it sends the answer back: the answer itself, or a message with
    /// it, written as the client wrote the first message. Nothing where that is not known.
    /// - Parameter answer: escaped as in JSON, without quotes.
    package func appendTurn(_ body: RawSpan, answer: RawSpan, isChat: Bool, to out: inout ByteQueue) {
        guard isChat else {
            // A prompt of ids goes on with ids.
            if !prompt.isEmpty, body.byte(prompt.range.lowerBound) == 0x22 { out.append(answer) }
            return
        }
        let at = prompt.range.lowerBound
        if body.has("[{\"role\":\"", at: at) {
            out.append(",{\"role\":\"assistant\",\"content\":\"")
        } else if body.has("[{\"role\": \"", at: at) {
            out.append(", {\"role\": \"assistant\", \"content\": \"")
        } else {
            return
        }
        out.append(answer)
        out.append("\"}")
    }
}
