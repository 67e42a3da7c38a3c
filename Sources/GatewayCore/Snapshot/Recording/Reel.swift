/// Pictures of the past as encoded frames, any of which can be shown again.
///
/// They stand in runs, each from a key frame to the next. When there are too many the oldest run goes, whole, as the rest
/// of it can't be read without its beginning.
package struct Reel: Sendable {
    /// 64 MB: an hour of some hundred nodes.
    package static let byteLimit = 64 * 1024 * 1024
    package static let secondsLimit = 3600.0

    private struct Frame {
        /// Unix time, never less than that of the frame before.
        var time: Double
        var bytes: [UInt8]
    }

    private struct Run {
        var frames: [Frame]
        var byteCount = 0
    }

    /// Where the decoder stands, so that going on needs one frame.
    private struct Cursor {
        var time: Double
        var run: Int
        var frame: Int
        var decoder: FrameDecoder
    }

    private let byteLimit: Int
    private let secondsLimit: Double
    private var runs: [Run] = []
    private var cursor: Cursor?
    /// Of the frames, in bytes.
    package private(set) var byteCount = 0

    package init(byteLimit: Int = Reel.byteLimit, secondsLimit: Double = Reel.secondsLimit) {
        self.byteLimit = byteLimit
        self.secondsLimit = secondsLimit
    }

    package var count: Int { runs.reduce(0) { $0 + $1.frames.count } }

    /// Unix times of the oldest and the newest picture; nil: there is none.
    package var reach: ClosedRange<Double>? {
        guard let first = runs.first?.frames.first, let last = runs.last?.frames.last else { return nil }
        return first.time...last.time
    }

    /// Adds the frame that follows the last one; deltas before the first key frame are passed over.
    package mutating func append(_ frame: [UInt8], time: Double) {
        let isKey = SnapshotFrame.isKey(frame)
        guard time.isFinite, isKey || !runs.isEmpty else { return }
        if isKey { runs.append(Run(frames: [])) }
        let time = max(time, reach?.upperBound ?? time)
        runs[runs.count - 1].frames.append(Frame(time: time, bytes: frame))
        runs[runs.count - 1].byteCount += frame.count
        byteCount += frame.count
        while let first = runs.first, runs.count > 1, byteCount > byteLimit || isOver(runs[1], at: time) {
            byteCount -= first.byteCount
            runs.removeFirst()
            cursor = nil
        }
    }

    /// Puts older pictures before the first one, as far as there is room; those that are not older are left out.
    package mutating func prepend(_ older: Reel) {
        let start = reach?.lowerBound ?? .infinity
        var before: [Run] = []
        for run in older.runs {
            let frames = Array(run.frames.prefix { $0.time < start })
            if !frames.isEmpty {
                before.append(Run(frames: frames, byteCount: frames.reduce(0) { $0 + $1.bytes.count }))
            }
        }
        var size = before.reduce(byteCount) { $0 + $1.byteCount }
        while size > byteLimit, !before.isEmpty { size -= before.removeFirst().byteCount }
        runs = before + runs
        byteCount = size
        cursor = nil
    }

    /// Each frame with its Unix time, the oldest first.
    func forEach(_ body: (Double, [UInt8]) -> Void) {
        for run in runs { for frame in run.frames { body(frame.time, frame.bytes) } }
    }

    /// Whether what stands before this run is older than need be.
    private func isOver(_ run: Run, at time: Double) -> Bool {
        run.frames.first.map { time - $0.time > secondsLimit } ?? false
    }

    /// The picture nearest to a Unix time; nil: there is none, or it can't be read.
    package mutating func snapshot(nearest time: Double) -> Snapshot? {
        guard let (run, frame) = place(nearest: time) else { return nil }
        let wanted = runs[run].frames[frame].time
        if let cursor, cursor.run == run, cursor.frame == frame, cursor.time == wanted {
            return cursor.decoder.snapshot
        }
        var decoder = FrameDecoder()
        var next = 0
        if let cursor, cursor.run == run, cursor.frame < frame {
            decoder = cursor.decoder
            next = cursor.frame + 1
        }
        for index in next...frame {
            guard (try? decoder.apply(runs[run].frames[index].bytes)) != nil else { return nil }
        }
        cursor = Cursor(time: wanted, run: run, frame: frame, decoder: decoder)
        return decoder.snapshot
    }

    private func place(nearest time: Double) -> (run: Int, frame: Int)? {
        guard !runs.isEmpty, time.isFinite else { return nil }
        let run = runs.lastIndex { $0.frames[0].time <= time } ?? 0
        let frame = runs[run].frames.lastIndex { $0.time <= time } ?? 0
        let before = runs[run].frames[frame].time
        let isLast = frame + 1 == runs[run].frames.count
        guard let after = isLast ? nextFirst(run) : runs[run].frames[frame + 1].time,
            after - time < abs(time - before)
        else { return (run, frame) }
        return isLast ? (run + 1, 0) : (run, frame + 1)
    }

    private func nextFirst(_ run: Int) -> Double? {
        run + 1 < runs.count ? runs[run + 1].frames[0].time : nil
    }
}
