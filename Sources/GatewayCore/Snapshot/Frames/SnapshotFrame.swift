/// The form of a snapshot between a gateway and a watcher: a key frame has everything, a delta what differs from the frame
/// before it.
///
///     "SB" version kind sequence [sequence it builds upon]  then for each section a list
///
/// A list is a number of steps that make the new records out of the old ones, in the new order: copy a run of old ones,
/// patch an old one field by field, or take a new one whole. A key frame has only whole ones.
package enum SnapshotFrame {
    /// Counts up with every change of the form or of a type in `Snapshot`; both sides must have the same.
    package static let version: UInt8 = 12
    /// Longer frames are refused.
    package static let maxBytes = 32 * 1024 * 1024
    /// Records of one section.
    static let maxRecords = 65_536
    /// One record. A node takes about 1 KB.
    static let maxRecordBytes = 256 * 1024

    static let magic: [UInt8] = Array("SB".utf8)

    enum Kind: UInt8 { case key, delta }

    /// Whether these bytes say of themselves that they have everything.
    static func isKey(_ frame: [UInt8]) -> Bool {
        frame.count > magic.count + 1 && frame[magic.count + 1] == Kind.key.rawValue
    }

    /// A step of a list; the raw value is the low 2 bits of its first number.
    enum Step: UInt64 { case copy, patch, whole }
}

/// Why a frame could not be used.
package enum FrameError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The other side speaks another version.
    case version(UInt8)
    /// A delta upon a frame that this side doesn't have: ask for a key frame.
    case gap(have: UInt64?, needed: UInt64)
    case malformed(String)

    package var description: String {
        switch self {
        case .version(let version):
            "the other side speaks version \(version) of the snapshot's form, this one \(SnapshotFrame.version);"
                + " use one version of signalbox for both"
        case .gap(let have, let needed):
            "the frame builds upon number \(needed), but the last one here is \(have.map { "\($0)" } ?? "none");"
                + " a key frame is needed"
        case .malformed(let reason): "not a snapshot frame: \(reason); a key frame is needed"
        }
    }
}

/// What of a snapshot stands alone: one record.
struct SnapshotHead: Codable, Sendable, Equatable {
    var time: Double
    var streamsTotal: Int
    var decisionsTotal: Int
    var eventsTotal: Int

    init(_ snapshot: Snapshot) {
        time = snapshot.time
        streamsTotal = snapshot.streamsTotal
        decisionsTotal = snapshot.decisionsTotal
        eventsTotal = snapshot.eventsTotal
    }
}
