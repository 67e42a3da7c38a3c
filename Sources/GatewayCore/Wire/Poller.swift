import CLinux

/// epoll, level-triggered. A token comes back with every event, so that a stale one can be told by its owner.
@safe package struct Poller: ~Copyable {
    package struct Interest: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        package static let read = Interest(rawValue: sb_epollin())
        package static let write = Interest(rawValue: sb_epollout())
        /// The peer has ended its side (EPOLLRDHUP).
        package static let hangUp = Interest(rawValue: sb_epollrdhup())
    }

    package struct Event: Sendable {
        package let token: UInt64
        package let ready: Interest
        /// An error or a complete hang-up, reported whatever was asked for.
        package let hasFailed: Bool
    }

    private let epoll: Descriptor
    private var buffer: [epoll_event]
    private var filled = 0

    package init(eventsPerTurn: Int = 512) {
        let fd = epoll_create1(Int32(EPOLL_CLOEXEC))
        precondition(fd >= 0, "epoll_create1 failed")
        epoll = Descriptor(owning: fd)
        unsafe buffer = Array(repeating: epoll_event(), count: eventsPerTurn)
    }

    package func add(_ fd: Int32, token: UInt64, _ interest: Interest) {
        _ = sb_epoll_add(epoll.raw, fd, interest.rawValue, token)
    }

    /// Another poller, which is ready to be read when something in it is.
    package func add(_ other: borrowing Poller, token: UInt64) { add(other.epoll.raw, token: token, .read) }

    package func modify(_ fd: Int32, token: UInt64, _ interest: Interest) {
        _ = sb_epoll_modify(epoll.raw, fd, interest.rawValue, token)
    }

    package func remove(_ fd: Int32) { _ = sb_epoll_remove(epoll.raw, fd) }

    /// Waits and returns the number of events, to be read by `event(_:)`.
    /// - Parameter milliseconds: at most; -1 waits for ever.
    package mutating func wait(milliseconds: Int32) -> Int {
        let n = unsafe epoll_wait(epoll.raw, &buffer, Int32(buffer.count), milliseconds)
        filled = max(0, Int(n))
        return filled
    }

    package func event(_ index: Int) -> Event {
        let e = unsafe buffer[index]
        return Event(
            token: unsafe e.data.u64, ready: Interest(rawValue: unsafe e.events),
            hasFailed: unsafe e.events & (sb_epollerr() | sb_epollhup()) != 0)
    }
}

/// Wakes a poller from another thread (an eventfd).
package struct Waker: ~Copyable, Sendable {
    private let event: Descriptor
    package init() { event = Descriptor(owning: eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))) }
    package var fd: Int32 { event.raw }
    package func wake() { _ = eventfd_write(event.raw, 1) }
    package func clear() {
        var value: eventfd_t = 0
        _ = unsafe eventfd_read(event.raw, &value)
    }
}
