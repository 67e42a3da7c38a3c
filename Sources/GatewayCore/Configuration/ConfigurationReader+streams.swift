/// The `streams` object: what happens to streams whose node fails, and how far a client may be behind.
extension ConfigurationReader {
    mutating func streams(_ value: JSON5Value, into limits: inout GatewayLimits) {
        typealias Key = ConfigurationKeys.Streams
        guard let fields = fields(of: value, place: "streams", keys: Key.self) else { return }
        set(&limits.migration, choice(fields[.migration], name: "migration", of: MigrationPolicy.self))
        set(&limits.migrations, whole(fields[.migrations], name: "migrations", in: 0...100))
        set(
            &limits.retainedBytes,
            bytes(fields[.retainedBytes], name: "retainedBytes", in: 0...1_099_511_627_776))
        set(
            &limits.waitingSeconds,
            seconds(fields[.waitingSeconds], name: "waitingSeconds", in: 0.1...3600))
        set(&limits.readerSeconds, seconds(fields[.readerSeconds], name: "readerSeconds", in: 0.1...86_400))
        set(
            &limits.relayBufferBytes,
            bytes(fields[.relayBufferBytes], name: "relayBufferBytes", in: 16_384...67_108_864))
        if let faults = fields[.faults] { self.faults(faults, into: &limits.faults) }
    }

    private mutating func faults(_ value: JSON5Value, into faults: inout FaultPolicies) {
        typealias Key = ConfigurationKeys.Faults
        guard let fields = fields(of: value, place: "streams.faults", keys: Key.self) else { return }
        func policy(_ key: Key) -> FaultPolicy? {
            choice(fields[key], name: key.rawValue, of: FaultPolicy.self)
        }
        set(&faults.truncated, policy(.truncated))
        set(&faults.errorEvent, policy(.errorEvent))
        set(&faults.aborted, policy(.aborted))
        set(&faults.malformed, policy(.malformed))
        set(&faults.invalidUTF8, policy(.invalidUTF8))
        set(&faults.repeating, policy(.repeating))
        set(&faults.stalled, policy(.stalled))
    }
}
