import Testing

@testable import GatewayCore

struct AdminProtocolTests {
    private static let messages = [
        AdminMessage(kind: .watch, payload: []), AdminMessage(kind: .command, payload: bytes("{\"a\":1}")),
        AdminMessage(kind: .frame, payload: [UInt8](repeating: 0, count: 5000)),
        AdminMessage(kind: .problem, payload: bytes("é")),
    ]

    private func wire(_ messages: [AdminMessage]) -> [UInt8] {
        var queue = ByteQueue()
        for message in messages { AdminProtocol.append(message.kind, message.payload, to: &queue) }
        return queue.withBytes { $0.array(0..<$0.byteCount) }
    }

    /// What comes out of pieces; nil at the end when they were malformed.
    private func read(_ pieces: [[UInt8]], limit: Int = AdminProtocol.answerLimit) -> [AdminMessage?] {
        var queue = ByteQueue()
        var found: [AdminMessage?] = []
        for piece in pieces {
            queue.append(piece)
            do {
                while let message = try AdminProtocol.next(in: &queue, limit: limit) { found.append(message) }
            } catch { return found + [nil] }
        }
        return found
    }

    @Test func `messages cross over any split`() {
        let raw = wire(Self.messages)
        #expect(Array(raw[..<5]) == [0, 0, 0, 1, 0x57])
        for cut in 0...40 { #expect(read([Array(raw[..<cut]), Array(raw[cut...])]) == Self.messages) }
        var random = SplitMix64(seed: 7)
        for _ in 0..<50 { #expect(read(raw.pieces(longest: 900, &random)) == Self.messages) }
        #expect(read(raw.map { [$0] }) == Self.messages)
        #expect(read([Array(raw.dropLast())]) == Array(Self.messages.dropLast()))
    }

    @Test func `a length over the limit, of nothing, or an unknown kind is malformed at once`() {
        let exact = wire([AdminMessage(kind: .command, payload: [UInt8](repeating: 65, count: 99))])
        #expect(read([exact], limit: 100).first??.payload.count == 99)
        #expect(read([exact], limit: 99) == [nil])
        #expect(read([[0, 0, 0, 0, 0x57]]) == [nil])
        #expect(read([[0xFF, 0xFF, 0xFF, 0xFF, 0x57]]) == [nil])
        #expect(read([[0, 0, 0, 9, 0x58]]) == [nil])
        #expect(read([Array("GET / HTTP/1.1\r\n".utf8)], limit: AdminProtocol.requestLimit) == [nil])
    }

    @Test func `accidents never trap`() {
        var random = SplitMix64(seed: 8)
        let raw = wire(Array(Self.messages.prefix(2)))
        for _ in 0..<3000 {
            let broken = raw.mutated(&random)
            #expect(read(broken.pieces(longest: 7, &random), limit: 1000) == read([broken], limit: 1000))
        }
    }
}
