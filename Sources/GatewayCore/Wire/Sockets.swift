import CLinux

/// Non-blocking stream sockets. Every call says what went wrong instead of setting errno.
package enum Sockets {
    package struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        package let operation: String
        package let code: Int32
        package var description: String { "\(operation): \(describe(errno: code))" }
        /// The process, or the machine, has no file descriptor left.
        package var isOutOfDescriptors: Bool { code == EMFILE || code == ENFILE }
    }

    /// A listening socket.
    /// - Parameter sharedPort: several sockets may listen on it, and the kernel spreads connections over them.
    package static func listen(on address: SocketAddress, sharedPort: Bool = false, backlog: Int32 = 4096)
        throws(Failure) -> Descriptor
    {
        let socket = try open(address)
        if case .ip = address {
            _ = sb_set_option(socket.raw, SOL_SOCKET, SO_REUSEADDR, 1)
            if sharedPort { _ = sb_set_option(socket.raw, SOL_SOCKET, SO_REUSEPORT, 1) }
        }
        let bound = unsafe address.withSystemForm { unsafe sb_bind(socket.raw, $0, $1) }
        guard let bound else { throw Failure(operation: "bind \(address)", code: ENAMETOOLONG) }
        guard bound == 0 else { throw Failure(operation: "bind \(address)", code: sb_errno()) }
        guard CLinux.listen(socket.raw, backlog) == 0 else {
            throw Failure(operation: "listen on \(address)", code: sb_errno())
        }
        return socket
    }

    /// Begins to connect; writable or an error event tells the end (`pendingError`).
    /// - Parameter lowest: of the descriptor's number, as long as there are such.
    package static func connect(to address: SocketAddress, numberedFrom lowest: Int32 = 0) throws(Failure)
        -> Descriptor
    {
        var socket = try open(address)
        if lowest > 0 { socket = Descriptor(owning: sb_renumber(socket.release(), lowest)) }
        if case .ip = address { setNoDelay(socket.raw) }
        let result = unsafe address.withSystemForm { unsafe sb_connect(socket.raw, $0, $1) }
        guard let result else { throw Failure(operation: "connect \(address)", code: ENAMETOOLONG) }
        guard result == 0 || sb_errno() == EINPROGRESS else {
            throw Failure(operation: "connect \(address)", code: sb_errno())
        }
        return socket
    }

    /// The next waiting connection, non-blocking; nil when there is none.
    /// EMFILE and the like throw: the caller must stop accepting for a while.
    package static func accept(on listener: Int32) throws(Failure) -> Int32? {
        let fd = sb_accept(listener)
        if fd >= 0 { return fd }
        switch sb_errno() {
        case EAGAIN, EINTR, ECONNABORTED, EPROTO: return nil
        default: throw Failure(operation: "accept", code: sb_errno())
        }
    }

    package static func setNoDelay(_ fd: Int32) { _ = sb_set_option(fd, Int32(IPPROTO_TCP), TCP_NODELAY, 1) }

    /// How much the kernel takes for a peer that does not read, beside what is on its way: else it is megabytes each.
    package static func limitUnsent(_ fd: Int32, bytes: Int) {
        _ = sb_set_option(fd, Int32(IPPROTO_TCP), TCP_NOTSENT_LOWAT, Int32(clamping: bytes))
    }

    /// The error of a connect that has ended; 0 when it succeeded.
    package static func pendingError(_ fd: Int32) -> Int32 { sb_socket_error(fd) }

    /// Whether a connect has succeeded by now.
    package static func isConnected(_ fd: Int32) -> Bool { sb_is_connected(fd) != 0 }

    /// The port that a listener got when it asked for 0.
    package static func localAddress(_ fd: Int32) -> SocketAddress? {
        unsafe address { unsafe sb_getsockname(fd, $0, $1) }
    }

    package static func peerAddress(_ fd: Int32) -> SocketAddress? {
        unsafe address { unsafe sb_getpeername(fd, $0, $1) }
    }

    /// The user at the other end of a unix socket.
    package static func peerUserID(_ fd: Int32) -> Int? {
        let uid = sb_peer_uid(fd)
        return uid < 0 ? nil : Int(uid)
    }

    package static func close(_ fd: Int32) { _ = CLinux.close(fd) }

    /// Closes by RST: the peer sees an error instead of an end.
    package static func reset(_ fd: Int32) {
        _ = sb_reset_on_close(fd)
        close(fd)
    }

    /// Tells the peer that nothing more is sent; reading goes on.
    package static func endSending(_ fd: Int32) { _ = shutdown(fd, Int32(SHUT_WR)) }

    /// Writes bytes that fit into the socket's buffer.
    package static func send(_ bytes: RawSpan, to fd: Int32) -> Transfer {
        unsafe bytes.withUnsafeBytes {
            Transfer(unsafe sb_send(fd, $0.baseAddress, $0.count, 0), reading: false)
        }
    }

    /// Writes two pieces with one system call.
    package static func send(_ first: RawSpan, _ second: RawSpan, to fd: Int32) -> Transfer {
        unsafe first.withUnsafeBytes { a in
            unsafe second.withUnsafeBytes { b in
                var parts =
                    unsafe [
                        iovec(iov_base: UnsafeMutableRawPointer(mutating: a.baseAddress), iov_len: a.count),
                        iovec(iov_base: UnsafeMutableRawPointer(mutating: b.baseAddress), iov_len: b.count),
                    ] as InlineArray<2, iovec>
                let sent = unsafe withUnsafePointer(to: &parts) {
                    unsafe sb_sendmsg(fd, UnsafeRawPointer($0).assumingMemoryBound(to: iovec.self), 2)
                }
                return Transfer(sent, reading: false)
            }
        }
    }

    /// Raises the limit of open files to the most that is allowed, and says what it is now.
    package static func raiseOpenFileLimit() -> Int { Int(sb_raise_open_files()) }

    /// The number that the next descriptor gets; nil: there is none left.
    /// - Parameter fd: any open one.
    package static func lowestFreeDescriptor(like fd: Int32) -> Int32? {
        let lowest = dup(fd)
        guard lowest >= 0 else { return nil }
        close(lowest)
        return lowest
    }

    private static func open(_ address: SocketAddress) throws(Failure) -> Descriptor {
        let fd = sb_socket(address.family)
        guard fd >= 0 else { throw Failure(operation: "socket", code: sb_errno()) }
        return Descriptor(owning: fd)
    }

    private static func address(_ call: (UnsafeMutableRawPointer, UnsafeMutablePointer<UInt32>) -> Int32)
        -> SocketAddress?
    {
        var storage = sockaddr_storage()
        var length = UInt32(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutableBytes(of: &storage) { space in
            guard let base = space.baseAddress, unsafe call(base, &length) == 0 else { return nil }
            return unsafe SocketAddress(raw: UnsafeRawPointer(base))
        }
    }
}
