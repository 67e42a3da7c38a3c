/// Puts a key frame among the deltas of a gateway now and then, so that reading can begin there.
///
/// A key frame of the same picture may stand for any delta: the next delta builds upon it just as well.
package struct KeyFrames: Sendable {
    /// Frames from one key frame to the next, as most: a picture a second makes it a minute.
    package static let spacing = 60
    /// Frames since the last key frame, with it; 0: one is needed now.
    private var sinceKey = 0

    package init() {}

    /// What to keep for a picture that came as `frame`.
    package mutating func kept(_ frame: [UInt8], of snapshot: Snapshot) -> [UInt8] {
        if SnapshotFrame.isKey(frame) {
            sinceKey = 1
            return frame
        }
        guard sinceKey == 0 || sinceKey >= Self.spacing else {
            sinceKey += 1
            return frame
        }
        var encoder = FrameEncoder()
        // What came as a delta may be too long for one frame; then the deltas go on.
        guard let key = try? encoder.frame(of: snapshot) else { return frame }
        sinceKey = 1
        return key
    }

    /// Makes the next frame a key frame.
    package mutating func restart() { sinceKey = 0 }
}
