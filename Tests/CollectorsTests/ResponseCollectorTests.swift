import GatewayCore
import Testing

@testable import Collectors

@Suite struct ResponseCollectorTests {
    private func body(_ text: String) -> ScrapeBody {
        var bytes = ByteQueue()
        bytes.append(text: text)
        return ScrapeBody(bytes)
    }

    private func collect(_ text: String, in pieces: Int, ended: Bool = true) -> ResponseCollector.Progress {
        var collector = ResponseCollector()
        let bytes = Array(text.utf8)
        var at = 0
        while at < bytes.count {
            let next = min(bytes.count, at + pieces)
            collector.append(Array(bytes[at..<next]))
            at = next
            let progress = collector.progress(ended: false)
            if progress != .needsMore { return progress }
        }
        return ended ? collector.progress(ended: true) : .needsMore
    }

    @Test(arguments: [1, 2, 3, 7, 1000])
    func `any split of the bytes gives the same answer`(pieces: Int) {
        let answer = ScrapeAnswer(status: 200, body: body("hello"))
        #expect(
            collect("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", in: pieces)
                == .complete(answer, keepsAlive: true))
        #expect(
            collect(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
                in: pieces)
                == .complete(answer, keepsAlive: true))
        #expect(
            collect("HTTP/1.1 200 OK\r\n\r\nhello", in: pieces) == .complete(answer, keepsAlive: false))
        #expect(
            collect(
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
                in: pieces)
                == .complete(answer, keepsAlive: false))
        #expect(
            collect("HTTP/1.1 302 F\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", in: pieces)
                == .complete(ScrapeAnswer(status: 302, body: body(""), location: "/x"), keepsAlive: true))
    }

    @Test(arguments: [
        ("SSH-2.0-OpenSSH_9\r\n", "this is no HTTP/1.1 status line"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n", "the body is over 8 MB"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "the connection ended inside the body"),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n",
            "the connection ended inside the body"
        ),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
            "a chunk must begin with its size in hexadecimal digits"
        ),
        ("HTTP/1.1 200 OK\r\n", "the connection ended before a whole response head"),
    ])
    func `a broken answer is told`(text: String, reason: String) {
        #expect(collect(text, in: 1000) == .failed(reason))
    }

    @Test func `bytes behind an answer are not part of it, and its connection is not used again`() {
        #expect(
            collect("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, world", in: 1000)
                == .complete(ScrapeAnswer(status: 200, body: body("hello")), keepsAlive: false))
    }

    @Test func `a body without end stops at the limit`() {
        var collector = ResponseCollector()
        collector.append(Array("HTTP/1.1 200 OK\r\n\r\n".utf8))
        let block = [UInt8](repeating: 0x61, count: 1 << 20)
        var progress = collector.progress(ended: false)
        for _ in 0..<9 where progress == .needsMore {
            collector.append(block)
            progress = collector.progress(ended: false)
        }
        #expect(progress == .failed("the body is over 8 MB"))
    }
}
