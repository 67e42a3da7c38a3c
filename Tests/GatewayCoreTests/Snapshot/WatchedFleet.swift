import GatewayCore

/// Pictures of a fleet, a second apart, as a gateway sends them.
struct WatchedFleet {
    var snapshots: [Snapshot] = []
    var frames: [[UInt8]] = []

    init(seconds: Int, nodes: Int = 3) throws {
        var encoder = FrameEncoder()
        for second in 0..<seconds {
            var snapshot = Snapshot()
            snapshot.sequence = UInt64(second + 1)
            snapshot.time = 1_000_000 + Double(second)
            snapshot.nodes = (0..<nodes).map { index in
                var node = NodeStatus()
                node.name = "engine-\(index)"
                node.running = Double(second + index)
                return node
            }
            frames.append(try encoder.frame(of: snapshot))
            snapshots.append(snapshot)
        }
    }

    /// The file that `record` makes of them.
    var file: [UInt8] {
        var keys = KeyFrames()
        var bytes = Recording.opening(History(capacitySeconds: 4), time: snapshots[0].time)
        for (snapshot, frame) in zip(snapshots, frames) {
            bytes += Recording.entry(of: keys.kept(frame, of: snapshot), time: snapshot.time)
        }
        return bytes
    }

    func reel(byteLimit: Int = Reel.byteLimit, secondsLimit: Double = Reel.secondsLimit) -> Reel {
        var reel = Reel(byteLimit: byteLimit, secondsLimit: secondsLimit)
        var keys = KeyFrames()
        for (snapshot, frame) in zip(snapshots, frames) {
            reel.append(keys.kept(frame, of: snapshot), time: snapshot.time)
        }
        return reel
    }
}
