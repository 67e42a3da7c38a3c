/// The compact form of a column of samples: the difference of each bit pattern from the one before it, runs of equal
/// ones counted. A column that is missing or does not move takes a few bytes, one that moves about 2 a sample.
enum HistoryColumn {
    /// What stands before the first sample.
    private static let start = Float16.nan.bitPattern

    static func write(_ samples: [Float16], into writer: inout ByteWriter) {
        var last = start
        var equal = 0
        for sample in samples {
            let bits = sample.isNaN ? start : sample.bitPattern
            if bits == last {
                equal += 1
                continue
            }
            writeRun(equal, into: &writer)
            equal = 0
            let difference = Int16(bitPattern: bits &- last)
            writer.number(UInt16(bitPattern: (difference << 1) ^ (difference >> 15)))
            last = bits
        }
        writeRun(equal, into: &writer)
    }

    /// A zero, which no difference is, and the length less one.
    private static func writeRun(_ length: Int, into writer: inout ByteWriter) {
        guard length > 0 else { return }
        writer.byte(0)
        writer.count(length - 1)
    }

    static func read(_ count: Int, from reader: inout ByteReader) throws(MalformedBytes) -> [Float16] {
        var samples: [Float16] = []
        samples.reserveCapacity(count)
        var last = start
        while samples.count < count {
            let token = try reader.narrow(UInt16.self)
            if token == 0 {
                let length = 1 + (try reader.count(upTo: count - samples.count - 1))
                samples.append(contentsOf: repeatElement(Float16(bitPattern: last), count: length))
            } else {
                last = last &+ ((token >> 1) ^ (0 &- (token & 1)))
                samples.append(Float16(bitPattern: last))
            }
        }
        return samples
    }
}
