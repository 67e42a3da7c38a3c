/// KV events' payloads: read or refused within the bytes; what is read has all its tokens.
@Sendable func fuzzKVEvents(_ bytes: RawSpan) {
    let payload = bytes.all
    var scan = MessagePackScan()
    while (try? scan.skip(payload.span)) != nil {
        rule(scan.offset <= payload.count, "a value lies within the bytes")
    }
    do throws(MessagePackError) {
        for case .stored(let blocks) in try KVEventDecoder.decode(payload).events {
            rule(blocks.tokens.count == blocks.hashes.count * blocks.blockSize, "every block has its tokens")
            rule(blocks.extras.isEmpty || blocks.extras.count == blocks.hashes.count, "one for each block")
        }
    } catch { rule(error.offset <= payload.count, "the fault is within the bytes") }
}

/// A ZMTP peer's bytes behind a good greeting, or from the first byte on: any split gives the same actions and the same fault.
@Sendable func fuzzZMTP(_ bytes: RawSpan) {
    var random = bytes.chance
    let role: ZMTPConnection.Role = Bool.random(using: &random) ? .subscriber : .dealer
    let start = Bool.random(using: &random) ? ZMTPConnection.greeting : []
    let whole = talk(role, [start + bytes.all])
    let split = talk(role, [start] + bytes.pieces(&random).map { bytes.array($0) })
    rule(whole.actions == split.actions && whole.fault == split.fault, "any split says the same")
}

private func talk(_ role: ZMTPConnection.Role, _ pieces: [[UInt8]]) -> (
    actions: [ZMTPAction], fault: ZMTPFault?
) {
    var connection = ZMTPConnection(role)
    var actions: [ZMTPAction] = []
    for piece in pieces {
        do throws(ZMTPFault) {
            actions += try connection.take(piece)
        } catch { return ([], error) }
    }
    return (actions, nil)
}
