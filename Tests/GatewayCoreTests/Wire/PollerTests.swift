import Foundation
import GatewayCore
import Testing

struct PollerTests {
    @Test func `what is ready in a poller makes the poller that it is in ready, until it is taken`() throws {
        var outer = Poller()
        var inner = Poller(eventsPerTurn: 1)
        outer.add(inner, token: 7)
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        inner.add(ends[0], token: 8, .read)
        let idle = outer.wait(milliseconds: 0)
        #expect(idle == 0)

        try #require(write(ends[1], "x", 1) == 1)
        let (found, within) = (outer.wait(milliseconds: 1000), inner.wait(milliseconds: 0))
        #expect(found == 1 && within == 1)
        let (token, innerToken) = (outer.event(0).token, inner.event(0).token)
        #expect(token == 7 && innerToken == 8)

        var byte: UInt8 = 0
        try #require(read(ends[0], &byte, 1) == 1)
        let taken = outer.wait(milliseconds: 0)
        #expect(taken == 0)
    }
}
