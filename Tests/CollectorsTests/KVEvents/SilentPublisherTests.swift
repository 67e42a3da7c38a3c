import Foundation
import GatewayCore
import TestSupport
import Testing

@testable import Collectors

/// Publishers that do nothing right delay nobody else.
@Suite(.serialized) struct SilentPublisherTests {
    @Test func `publishers that refuse, stay silent or talk HTTP are told apart, and scrapes go on`()
        async throws
    {
        let silent = TinyServer { _ in .silence }
        let talker = TinyServer { _ in .page("") }
        _ = talker
        let web = try RawGreeter(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8))
        let old = try RawGreeter([0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1, 0])
        let engine = TinyServer { path in
            path == "/metrics" ? .page("vllm:num_requests_running 1.0\n") : .page("")
        }
        let ports = [TinyServer.deadPort(), silent.port, web.port, old.port]
        let feeds = try ports.enumerated().map { index, port in
            KVFeedTarget(
                name: "n\(index)", node: index,
                source: KVEventSource(endpoint: try KVEndpoint(parsing: "tcp://127.0.0.1:\(port)")))
        }
        let presence = KVPresence(nodes: Array(0..<4), key: 1)
        let readings = Readings()
        let scraper = Scraper.start(
            targets: [ScrapeTarget(name: "e", url: try EngineURL(parsing: engine.url))],
            pace: ScrapePace(intervalSeconds: 0.1, timeoutSeconds: 1), feeds: feeds, presence: presence,
            publish: { _ in readings.add() })
        defer { scraper.stop() }
        let expected = ["refused", "no ZeroMQ greeting", "no ZeroMQ socket", "ZMTP 1"]
        for (node, words) in expected.enumerated() {
            try await expectEventually(
                words, within: 20, seen: { "\(String(describing: presence.status(node: node)))" }
            ) {
                presence.status(node: node)?.problem?.contains(words) == true
            }
            #expect(presence.status(node: node)?.isLive == false)
        }
        // The silent one took 5 s to be given up; a scrape came ten times a second all the while.
        #expect(readings.count > 30)
        #expect(presence.status(node: 0)?.problem?.contains("--kv-events-config") == true)
    }
}

private final class Readings: Sendable {
    private let lock = NSLock()
    nonisolated(unsafe) private var number = 0
    func add() { lock.withLock { number += 1 } }
    var count: Int { lock.withLock { number } }
}

/// Sends the same bytes to everybody who connects, and nothing more.
private final class RawGreeter: Sendable {
    let port: UInt16
    private let listener: Int32

    init(_ bytes: [UInt8]) throws {
        let socket = try Sockets.listen(on: .ip(octets: [127, 0, 0, 1], port: 0))
        guard case .ip(_, let port) = Sockets.localAddress(socket.raw) else {
            throw CocoaError(.fileNoSuchFile)
        }
        self.port = port
        listener = socket.release()
        let fd = listener
        Foundation.Thread.detachNewThread {
            var open: [Int32] = []
            while true {
                waitReadable(fd, milliseconds: 1000)
                guard let peer = try? Sockets.accept(on: fd) else { continue }
                var queue = ByteQueue()
                queue.append(bytes)
                _ = queue.send(to: peer)
                open.append(peer)
            }
        }
    }
}
