/// What crosses an admin socket: a length (4 bytes, big-endian, of kind and payload), a kind, a payload.
package enum AdminMessageKind: UInt8, Sendable {
    /// To the gateway: a `CommandRequest` as JSON. Answered by `result`.
    case command = 0x43  // C
    /// To the gateway: a `CommandRequest` as JSON, to be judged and not done. Answered by `result`.
    case dryRun = 0x44  // D
    /// To the gateway: send one key frame. Empty.
    case snapshot = 0x53  // S
    /// To the gateway: send the history, then frames as they come. Empty.
    case watch = 0x57  // W
    /// To the gateway: send what you kept of the past. Empty. Answered by `reel`.
    case past = 0x42  // B
    /// To the gateway: what if these nodes took no more requests? Their names as JSON. Answered by `forecast`.
    case foresee = 0x51  // Q
    /// From the gateway: a `CommandResult` as JSON.
    case result = 0x52  // R
    /// From the gateway: a snapshot frame.
    case frame = 0x46  // F
    /// From the gateway: the history.
    case history = 0x48  // H
    /// From the gateway: the last hour, as a recording.
    case reel = 0x4C  // L
    /// From the gateway: a `Forecast` as JSON.
    case forecast = 0x41  // A
    /// From the gateway: a text that says what it did not understand.
    case problem = 0x50  // P
}

package struct AdminMessage: Sendable, Equatable {
    package var kind: AdminMessageKind
    package var payload: [UInt8]
}

/// Frames messages in a byte stream.
package enum AdminProtocol {
    package static let requestLimit = 65_536
    package static let answerLimit = 128 * 1024 * 1024

    package struct Malformed: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }

    package static func append(_ kind: AdminMessageKind, _ payload: [UInt8], to queue: inout ByteQueue) {
        let length = UInt32(payload.count + 1)
        for shift in [24, 16, 8, 0] as [UInt32] {
            queue.append(byte: UInt8(truncatingIfNeeded: length >> shift))
        }
        queue.append(byte: kind.rawValue)
        queue.append(payload)
    }

    /// Takes the next whole message off the front; nil: it has not come whole.
    package static func next(in queue: inout ByteQueue, limit: Int) throws(Malformed) -> AdminMessage? {
        guard queue.count >= 5 else { return nil }
        let (length, kind) = queue.withBytes { bytes in
            ((0..<4).reduce(0) { $0 << 8 | Int(bytes.byte($1)) }, bytes.byte(4))
        }
        guard length >= 1, length <= limit else {
            throw Malformed(description: "a message of \(length) bytes; the limit is \(limit)")
        }
        guard let known = AdminMessageKind(rawValue: kind) else {
            throw Malformed(description: "a message of the unknown kind \(kind)")
        }
        guard queue.count >= 4 + length else { return nil }
        let payload = queue.withBytes { $0.array(5..<(4 + length)) }
        queue.consume(4 + length)
        return AdminMessage(kind: known, payload: payload)
    }
}
