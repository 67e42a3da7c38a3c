import CLinux

/// Signals as values: blocked in every thread, taken by the main one.
package enum Signals {
    /// Blocks them in the calling thread and in all that it starts from now on.
    package static func block(_ numbers: [Int32]) {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in numbers { unsafe sigaddset(&set, number) }
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    package static func ignore(_ number: Int32) { sb_ignore(number) }

    /// The next of the blocked signals, if one comes in time.
    package static func wait(for numbers: [Int32], milliseconds: Int) -> Int32? {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in numbers { unsafe sigaddset(&set, number) }
        var time = timespec(tv_sec: milliseconds / 1000, tv_nsec: milliseconds % 1000 * 1_000_000)
        let number = unsafe sigtimedwait(&set, nil, &time)
        return number > 0 ? number : nil
    }

    /// The system ends this process when its parent ends.
    package static func dieWithParent() { _ = sb_die_with_parent() }
}
