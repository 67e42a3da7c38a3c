import CLinux

/// What one read or write on a non-blocking descriptor did.
package enum Transfer: Sendable, Equatable {
    case bytes(Int)
    case wouldBlock
    /// The peer ended its side.
    case closed
    /// - errno: as the system gave it.
    case failed(errno: Int32)

    /// Sorts the result of a read or write call. EBADF and EFAULT trap: they mean that our own books are wrong.
    init(_ result: Int, reading: Bool) {
        if result > 0 {
            self = .bytes(result)
        } else if result == 0 {
            self = reading ? .closed : .bytes(0)
        } else {
            let code = sb_errno()
            precondition(code != EBADF && code != EFAULT)
            self = code == EAGAIN || code == EINTR ? .wouldBlock : .failed(errno: code)
        }
    }
}

/// The system's words for an error number, for example "Connection refused".
package func describe(errno code: Int32) -> String {
    unsafe String(cString: strerror(code))
}
