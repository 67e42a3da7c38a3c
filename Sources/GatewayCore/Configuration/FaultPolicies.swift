/// What is done about a fault in a stream.
package enum FaultPolicy: String, Sendable, CaseIterable {
    /// An event for the operator; the client gets what the engine sent.
    case report
    /// The stream ends with an error event.
    case cut
    /// Another node goes on; where that cannot be, the client gets what the engine sent, or an error event where it sent
    /// nothing.
    case migrate
}

/// The policy for each fault.
package struct FaultPolicies: Sendable, Equatable {
    package var truncated = FaultPolicy.migrate
    package var errorEvent = FaultPolicy.migrate
    package var aborted = FaultPolicy.migrate
    package var malformed = FaultPolicy.report
    package var invalidUTF8 = FaultPolicy.report
    package var repeating = FaultPolicy.report
    package var stalled = FaultPolicy.migrate

    package init() {}

    package subscript(fault: StreamFault) -> FaultPolicy {
        switch fault {
        case .truncated: truncated
        case .errorEvent: errorEvent
        case .aborted: aborted
        case .malformed: malformed
        case .invalidUTF8: invalidUTF8
        case .repeating: repeating
        case .stalled: stalled
        case .slowReader: .cut
        }
    }
}
