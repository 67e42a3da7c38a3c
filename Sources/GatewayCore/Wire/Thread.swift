import CLinux

/// Starts a thread that runs `body` to its end. Nobody joins it; signals that the process handles stay with the main
/// thread, which blocks them before it starts any.
package func startThread(name: String, _ body: @escaping @Sendable () -> Void) {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    let box = unsafe Unmanaged.passRetained(Box(body)).toOpaque()
    var thread = pthread_t()
    let code = unsafe pthread_create(
        &thread, nil,
        { raw in
            guard let raw = unsafe raw else { return nil }
            unsafe Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().body()
            FreeMemory.empty()
            return nil
        }, box)
    precondition(code == 0, "the system has no thread left")
    unsafe sb_name_thread(thread, String(name.prefix(15)))
    _ = pthread_detach(thread)
}

/// The calling thread gets a core when nobody else wants it (on Linux niceness is a thread's).
package func yieldToOthers() { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19) }

/// The calling thread, which mostly waits, takes the core at once from one that computes, and in return for shorter turns.
/// Where the system can't do so it is as before: Linux does from 6.12 on, and earlier ones prefer who waited by themselves.
package func takeShortTurns() { _ = sb_set_turn(100_000) }

/// Blocks the calling thread; for threads that wait on purpose, never on a loop.
package func pause(milliseconds: Int32) { _ = poll(nil, 0, milliseconds) }

/// Blocks the calling thread until a descriptor can be read, at most so long.
package func waitReadable(_ fd: Int32, milliseconds: Int32) {
    var entry = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
    _ = unsafe poll(&entry, 1, milliseconds)
}
