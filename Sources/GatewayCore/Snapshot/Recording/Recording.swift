/// A recording of one gateway: what a console that watched it would have got, to be shown again elsewhere.
///
///     "SBRECORD" form   then entries: kind ("H" history, "F" frame), Unix time, length, bytes
///
/// The time is the bit pattern of a Double in 8 bytes, the length 4 bytes, both low byte first. Frames are those of
/// `SnapshotFrame`: a key frame first, then deltas, and a key frame again at least once a minute.
package struct Recording: Sendable {
    package var reel: Reel
    /// Each node's series to the end, with those of the minutes before.
    package var history: History
    /// Pictures that can be shown.
    package var count = 0
    /// Why it ends before its file does, with the byte; nil: it was read to its end.
    package var problem: String?

    /// Longer files are read as far as this.
    package static let byteLimit = 256 * 1024 * 1024
    package static let secondsLimit = 24 * 3600.0
    /// More than a day of a picture each half second.
    package static let countLimit = 200_000
    /// Memory that the series may take.
    static let historyBytes = 256 * 1024 * 1024
    /// Seconds of series before the first picture, as a gateway sends them.
    package static let historySeconds = 600
    private static let magic: [UInt8] = Array("SBRECORD".utf8)
    private static let form: UInt8 = 1
    /// Kind, time and length.
    private static let headBytes = 13

    private enum Kind: UInt8 {
        case history = 0x48  // H
        case frame = 0x46  // F
    }

    private struct Entry {
        var kind: Kind
        var time: Double
        /// Where it begins in the file.
        var offset: Int
        var payload: Range<Int>
    }
}

// Writing.
extension Recording {
    /// How a file begins.
    ///
    /// - seconds: of series before it.
    package static func opening(_ history: History, time: Double, seconds: Int = historySeconds) -> [UInt8] {
        magic + [form] + entry(.history, time, history.wireForm(lastSeconds: seconds))
    }

    /// All that is kept, with the series up to now.
    static func file(of reel: Reel, _ history: History, seconds: Int) -> [UInt8] {
        var bytes = opening(history, time: reel.reach?.lowerBound ?? 0, seconds: seconds)
        bytes.reserveCapacity(bytes.count + reel.byteCount + reel.count * headBytes)
        reel.forEach { bytes += entry(.frame, $0, $1) }
        return bytes
    }

    package static func entry(of frame: [UInt8], time: Double) -> [UInt8] { entry(.frame, time, frame) }

    private static func entry(_ kind: Kind, _ time: Double, _ payload: [UInt8]) -> [UInt8] {
        let time = time.bitPattern
        let length = UInt32(payload.count)
        var bytes = [kind.rawValue]
        bytes += (0..<8 as Range<UInt64>).map { UInt8(truncatingIfNeeded: time >> (8 * $0)) }
        bytes += (0..<4 as Range<UInt32>).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
        return bytes + payload
    }
}

// Reading.
extension Recording {
    /// Reads a file's bytes: everything to the first thing that is wrong. Nothing is believed of a length but what is there.
    ///
    /// - Throws: when not one picture can be shown.
    package init(_ bytes: [UInt8]) throws(MalformedBytes) {
        var failure: MalformedBytes?
        let entries = try Self.entries(bytes, &failure)
        let first = entries.first?.time ?? 0
        let seconds = Int((entries.last?.time ?? first) - first) + Self.historySeconds + 1
        let nodes = Self.historyBytes / (History.bytesPerNodeSecond * seconds)
        reel = Reel(byteLimit: .max, secondsLimit: .infinity)
        history = History(capacitySeconds: seconds, nodeLimit: nodes)
        var decoder = FrameDecoder()
        for entry in entries {
            do throws(MalformedBytes) {
                let payload = Array(bytes[entry.payload])
                switch entry.kind {
                case .history:
                    history = try History(wireForm: payload, capacitySeconds: seconds, nodeLimit: nodes)
                case .frame: try take(payload, entry, &decoder)
                }
            } catch {
                failure = MalformedBytes(offset: entry.offset, message: error.message)
                break
            }
        }
        guard count > 0 else {
            throw failure ?? MalformedBytes(offset: bytes.count, message: "it has no picture")
        }
        problem = failure.map { "\($0); \(count) pictures before it are whole" }
    }

    /// What a gateway kept of the past: its pictures, not looked into yet, and the series up to now.
    static func past(_ bytes: [UInt8]) throws(MalformedBytes) -> (reel: Reel, history: History) {
        var failure: MalformedBytes?
        var reel = Reel()
        var history = History()
        for entry in try entries(bytes, &failure) {
            let payload = Array(bytes[entry.payload])
            switch entry.kind {
            case .history: history = try History(wireForm: payload)
            case .frame: reel.append(payload, time: entry.time)
            }
        }
        if let failure { throw failure }
        return (reel, history)
    }

    private mutating func take(_ frame: [UInt8], _ entry: Entry, _ decoder: inout FrameDecoder)
        throws(MalformedBytes)
    {
        do throws(FrameError) {
            var snapshot = try decoder.apply(frame)
            reel.append(frame, time: entry.time)
            count += 1
            // The entries' times are known to go forward, and not far.
            snapshot.time = entry.time
            history.record(snapshot)
        } catch {
            throw MalformedBytes(offset: entry.offset, message: "\(error)")
        }
    }

    private static func entries(_ bytes: [UInt8], _ failure: inout MalformedBytes?) throws(MalformedBytes)
        -> [Entry]
    {
        guard bytes.starts(with: magic) else {
            throw MalformedBytes(
                offset: 0, message: "this is no recording; signalbox record FILE makes one")
        }
        guard bytes.count > magic.count, bytes[magic.count] == form else {
            let found = bytes.count > magic.count ? "form \(bytes[magic.count])" : "no form"
            throw MalformedBytes(
                offset: magic.count,
                message: "a recording of \(found), this program reads form \(form); use the one that made it")
        }
        var entries: [Entry] = []
        var offset = magic.count + 1
        do throws(MalformedBytes) {
            while offset < bytes.count {
                let entry = try entry(bytes, offset, after: entries)
                entries.append(entry)
                offset = entry.payload.upperBound
            }
        } catch { failure = error }
        return entries
    }

    private static func entry(_ bytes: [UInt8], _ offset: Int, after entries: [Entry]) throws(MalformedBytes)
        -> Entry
    {
        func fail(_ message: String) -> MalformedBytes { MalformedBytes(offset: offset, message: message) }
        let left = bytes.count - offset
        guard left >= headBytes else {
            throw fail("the file ends in the head of an entry, \(left) of \(headBytes) bytes are there")
        }
        guard let kind = Kind(rawValue: bytes[offset]) else {
            throw fail("an entry of the unknown kind \(bytes[offset])")
        }
        let time = Double(bitPattern: number(bytes[(offset + 1)..<(offset + 9)]))
        let length = Int(number(bytes[(offset + 9)..<(offset + headBytes)]))
        guard length <= SnapshotFrame.maxBytes else {
            throw fail("an entry that says it has \(length) bytes, \(SnapshotFrame.maxBytes) are the most")
        }
        guard left - headBytes >= length else {
            throw fail("the file ends in an entry, \(left - headBytes) of \(length) bytes are there")
        }
        let first = entries.first?.time ?? time
        guard time.isFinite, time >= entries.last?.time ?? 0, time - first <= secondsLimit else {
            throw fail(
                "a time that is not in the \(Int(secondsLimit / 3600)) hours after the first, in order")
        }
        guard entries.count < countLimit else { throw fail("more than \(countLimit) pictures") }
        let start = offset + headBytes
        return Entry(kind: kind, time: time, offset: offset, payload: start..<(start + length))
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
