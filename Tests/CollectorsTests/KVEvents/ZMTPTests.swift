import GatewayCore
import Testing

@testable import Collectors

/// What a PUB of libzmq 4.3.5 says first.
private func peer(minor: UInt8 = 1, type: String = "PUB", mechanism: String = "NULL") -> [UInt8] {
    var greeting = ZMTPConnection.greeting
    greeting[11] = minor
    for (index, byte) in Array(mechanism.utf8).enumerated() { greeting[12 + index] = byte }
    let ready =
        [UInt8(11)] + Array("Socket-Type".utf8) + [0, 0, 0, UInt8(type.utf8.count)] + Array(type.utf8)
        + [8] + Array("Identity".utf8) + [0, 0, 0, 0]
    return greeting + ZMTPConnection.command("READY", ready)
}

private func take(_ role: ZMTPConnection.Role, _ bytes: [UInt8], pieces: [Int] = []) throws(ZMTPFault)
    -> [ZMTPAction]
{
    var connection = ZMTPConnection(role)
    var actions: [ZMTPAction] = []
    var start = 0
    for end in pieces + [bytes.count] {
        actions += try connection.take(Array(bytes[start..<end]))
        start = end
    }
    return actions
}

struct ZMTPTests {
    private static let batch: [[UInt8]] = [
        Array("kv".utf8), [0, 0, 0, 0, 0, 0, 0, 9], Array(repeating: 7, count: 70_000),
    ]

    @Test func `a subscriber greets, subscribes in the peer's version, and gets whole messages`() throws {
        for (minor, subscription) in [(UInt8(0), [0, 1, 1]), (1, [4, 10, 9] + Array("SUBSCRIBE".utf8))] {
            let actions = try take(.subscriber, peer(minor: minor) + ZMTPConnection.message(Self.batch))
            #expect(actions.count == 4)
            guard case .send(let ready) = actions[0] else { return }
            #expect(
                ready == [4, 25, 5] + Array("READY".utf8) + [11] + Array("Socket-Type".utf8) + [0, 0, 0, 3]
                    + Array("SUB".utf8))
            #expect(actions[1...] == [.send(subscription), .ready, .message(Self.batch)])
        }
    }

    @Test func `any split of the bytes gives the same actions`() throws {
        let bytes =
            peer(type: "ROUTER") + ZMTPConnection.message([[], [1]])
            + ZMTPConnection.message([Array(repeating: 3, count: 300)])
        let whole = try take(.dealer, bytes)
        var random = SplitMix64(seed: 3)
        for _ in 0..<300 {
            let pieces = (0..<6).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
            #expect(try take(.dealer, bytes, pieces: pieces) == whole)
        }
        #expect(try take(.dealer, bytes, pieces: Array(0..<bytes.count)) == whole)
    }

    @Test func `a PING is answered with its context`() throws {
        let ping = ZMTPConnection.command("PING", [0, 100] + Array("hello".utf8))
        #expect(
            try take(.subscriber, peer() + ping).last
                == .send(ZMTPConnection.command("PONG", Array("hello".utf8))))
        var connection = ZMTPConnection(.subscriber)
        #expect(connection.ping(patience: 3) == nil, "not before the handshake")
        _ = try connection.take(peer())
        #expect(connection.ping(patience: 3) == ZMTPConnection.command("PING", [0, 30]))
    }

    @Test func `what is no fitting peer is named`() {
        #expect(throws: ZMTPFault.notZMTP) { _ = try take(.subscriber, Array("HTTP/1.1 400".utf8)) }
        #expect(throws: ZMTPFault.oldVersion(1)) {
            _ = try take(.subscriber, [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1])
        }
        #expect(throws: ZMTPFault.mechanism("CURVE")) { _ = try take(.subscriber, peer(mechanism: "CURVE")) }
        #expect(throws: ZMTPFault.socketType("PUSH")) { _ = try take(.subscriber, peer(type: "PUSH")) }
        let error = ZMTPConnection.command("ERROR", [3] + Array("no!".utf8))
        #expect(throws: ZMTPFault.refused("no!")) {
            _ = try take(.subscriber, ZMTPConnection.greeting + error)
        }
    }

    @Test func `frames, messages and counts over the limits are refused before they are kept`() {
        let huge: [UInt8] = [2, 0, 0, 0, 1, 0, 0, 0, 0]
        #expect(throws: ZMTPFault.tooLarge(bytes: 1 << 32)) { _ = try take(.subscriber, peer() + huge) }
        let many = ZMTPConnection.message(Array(repeating: [1], count: 17))
        #expect(throws: ZMTPFault.self) { _ = try take(.subscriber, peer() + many) }
        #expect(throws: ZMTPFault.self) { _ = try take(.subscriber, peer() + [8, 0]) }
        #expect(throws: ZMTPFault.self) { _ = try take(.subscriber, ZMTPConnection.greeting + [0, 1, 1]) }
    }
}
