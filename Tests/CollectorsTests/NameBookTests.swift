import Foundation
import GatewayCore
import Synchronization
import TestSupport
import Testing

@testable import Collectors

@Suite struct NameBookTests {
    @Test func `a name that takes long is pending and is asked again after half a minute`() async throws {
        let calls = Atomic<Int>(0)
        let gate = DispatchSemaphore(value: 0)
        let address = try #require(SocketAddress(numeric: "127.0.0.1", port: 1))
        let book = NameBook { _, _ in
            calls.add(1, ordering: .relaxed)
            gate.wait()
            return [address]
        }
        let url = try EngineURL(parsing: "http://slow.example:1")
        #expect(book.addresses(of: url, at: 0) == .pending)
        #expect(book.addresses(of: url, at: 1) == .pending)
        gate.signal()
        try await expectEventually("an address") { book.addresses(of: url, at: 2) != .pending }
        #expect(book.addresses(of: url, at: 29) == .known([address]))
        #expect(calls.load(ordering: .relaxed) == 1)
        #expect(book.addresses(of: url, at: 31) == .known([address]))
        gate.signal()
        try await expectEventually("a second question") { calls.load(ordering: .relaxed) == 2 }
        #expect(calls.load(ordering: .relaxed) == 2)
    }
}
