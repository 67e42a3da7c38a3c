import CLinux

/// The only place where the gateway reads clocks. Loops read once a turn and pass the time on.
package enum MonotonicClock {
    /// Nanoseconds since an arbitrary start; never goes back.
    package static func now() -> UInt64 { read(CLOCK_MONOTONIC) }

    /// Unix time in seconds.
    package static func unixTime() -> Double { Double(read(CLOCK_REALTIME)) / 1e9 }

    /// Seconds for which the calling thread has had a core: what a bound on work is measured by, whoever else is busy.
    package static func threadSeconds() -> Double { Double(read(CLOCK_THREAD_CPUTIME_ID)) / 1e9 }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        unsafe clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
