/// Pace: how fast a request must come, so that a client that drips holds nothing for long (slowloris).
extension ProxyLoop {
    /// Of a body, in bytes a second, beyond `limits.headerSeconds` that every body is given. Apache's mod_reqtimeout
    /// asks for 500 by default; a prompt comes faster over any line that carries its answer.
    static let slowestBody = 1024.0

    /// Sets the deadline of a body that has not come whole: more bytes move it only by what they are worth.
    /// - Parameter received: bytes of the body so far.
    mutating func expectBody(_ fd: Int32, received: Int) {
        let earned = limits.headerSeconds + Double(received) / Self.slowestBody
        let end = min(
            clients[fd].exchange.began + UInt64(earned * 1e9), now + UInt64(limits.idleSeconds * 1e9))
        clients[fd].timer.deadline = TimerWheel.tick(at: end) + 1
        clientTimers.file(fd, &clients[fd].timer)
    }

    /// More of an upload has come. While the gateway itself does not read on, because the engine takes no more, no
    /// deadline runs for the client.
    mutating func takeUpload(_ fd: Int32, bytes: Int) {
        clients[fd].uploaded += bytes
        pumpUpload(fd)
        guard clients[fd].phase == .exchanging, clients[fd].output.isEmpty else { return }
        if clients[fd].isUploading, !clients[fd].isReadPaused {
            expectBody(fd, received: clients[fd].uploaded)
        } else {
            clients[fd].timer.deadline = .max
        }
    }

    /// Whether a head that was incomplete may be complete now, or too long: reading it again for every byte that drips
    /// would cost its length squared.
    func headMayEnd(_ fd: Int32) -> Bool {
        let count = clients[fd].input.count
        let seen = clients[fd].headSeen
        if seen == 0 || count > limits.maxHeaderBytes { return count > 0 }
        return clients[fd].input.withBytes { bytes in
            bytes.first(0x0A, in: min(seen, count)..<count) != nil
                || count > RequestHead.targetLimit && bytes.first(0x0A, in: 0..<count) == nil
        }
    }
}
