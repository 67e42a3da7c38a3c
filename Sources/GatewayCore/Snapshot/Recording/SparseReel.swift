/// The last hour of a gateway, a picture every few seconds: for consoles that attach when it is over.
///
/// A console keeps every picture from its coming on; what was before it asks for when somebody wants to see it.
struct SparseReel: Sendable {
    /// Seconds from one picture to the next, at least.
    static let spacing = 5.0
    static let byteLimit = 16 * 1024 * 1024

    private var reel = Reel(byteLimit: SparseReel.byteLimit)
    private var encoder = FrameEncoder()
    private var keys = KeyFrames()
    private var newest = -Double.infinity

    var byteCount: Int { reel.byteCount }

    mutating func record(_ snapshot: Snapshot) {
        // A clock that was set back is followed.
        guard snapshot.time >= newest + Self.spacing || snapshot.time < newest else { return }
        // What is too long for a frame is left out; the next one is a key frame then.
        guard let frame = try? encoder.frame(of: snapshot) else { return keys.restart() }
        newest = snapshot.time
        reel.append(keys.kept(frame, of: snapshot), time: snapshot.time)
    }

    /// As it crosses the admin socket: the form of a recording.
    func wireForm(_ history: History) -> [UInt8] {
        Recording.file(of: reel, history, seconds: History.capacitySeconds)
    }
}
