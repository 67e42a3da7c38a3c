/// When accepting pauses so that the last file descriptors are left for connections to engines.
///
/// Told by numbers: the kernel gives the lowest free descriptor, so all below that are in use.
package struct DescriptorHeadroom: Sendable {
    /// At this lowest free descriptor accepting pauses.
    package let pauseMark: Int32
    /// Below this one it goes on.
    package let resumeMark: Int32

    /// - Parameter limit: descriptors that the process may have.
    package init(limit: Int) {
        let reserve = max(16, limit / 8)
        pauseMark = Int32(clamping: max(16, limit - reserve))
        resumeMark = Int32(clamping: max(8, limit - reserve - max(4, limit / 32)))
    }
}
