/// What may be wrong with a stream itself, whatever its status line said.
package enum StreamFault: UInt8, Sendable, CaseIterable {
    /// It ended without a finish reason or without its end mark.
    case truncated
    /// An error object inside a 200.
    case errorEvent
    /// The engine says `finish_reason: "abort"`.
    case aborted
    /// An event that is no JSON, or framing that is no server-sent event.
    case malformed
    case invalidUTF8
    /// The same span over and over.
    case repeating
    /// Nothing came for `limits.stallSeconds`.
    case stalled
    /// The client's fault, not the engine's: it took nothing for `limits.readerSeconds`.
    case slowReader
}

extension StreamFault {
    package var words: String {
        switch self {
        case .truncated: "it ended without a finish reason"
        case .errorEvent: "an error event"
        case .aborted: "the engine aborted it"
        case .malformed: "an event that is no JSON"
        case .invalidUTF8: "bytes that are no UTF-8"
        case .repeating: "the same span over and over"
        case .slowReader: "its client did not read and was closed"
        case .stalled: "a gap between tokens beyond limits.stallSeconds"
        }
    }
}
