import CLinux

/// A file descriptor that is owned once and closed when its owner ends.
package struct Descriptor: ~Copyable {
    package let raw: Int32
    package init(owning raw: Int32) { self.raw = raw }
    deinit { _ = close(raw) }

    /// Gives up ownership without closing.
    package consuming func release() -> Int32 {
        let fd = raw
        discard self
        return fd
    }
}
