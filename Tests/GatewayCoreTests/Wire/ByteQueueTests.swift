import GatewayCore
import Testing

struct ByteQueueTests {
    private func content(_ queue: borrowing ByteQueue) -> [UInt8] {
        queue.withBytes { $0.array(0..<$0.byteCount) }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `it holds what an array would hold`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var queue = ByteQueue()
        var model: [UInt8] = []
        for step in 0..<400 {
            switch Int.random(in: 0...6, using: &random) {
            case 0...2:
                let more = (0..<Int.random(in: 0...700, using: &random)).map {
                    UInt8(truncatingIfNeeded: $0 &+ step)
                }
                queue.append(more)
                model += more
            case 3:
                queue.append(byte: UInt8(truncatingIfNeeded: step))
                model.append(UInt8(truncatingIfNeeded: step))
            case 4, 5:
                let n = Int.random(in: 0...model.count, using: &random)
                queue.consume(n)
                model.removeFirst(n)
            default:
                queue.removeAll()
                model = []
            }
            #expect(queue.count == model.count && queue.isEmpty == model.isEmpty)
            #expect(content(queue) == model)
        }
    }

    @Test func `numbers and texts are appended as text`() {
        var queue = ByteQueue()
        queue.append(decimal: 0)
        queue.append(" ")
        queue.append(decimal: .max)
        queue.append(text: " é ")
        queue.append(hexadecimal: 0xdead_beef)
        queue.append(decimal: -1)
        #expect(String(decoding: content(queue), as: UTF8.self) == "0 9223372036854775807 é deadbeef0")
        let part = bytes("0123456789")
        queue.removeAll()
        queue.append(part.span.bytes, 3..<6)
        #expect(content(queue) == bytes("345"))
        queue.clear()
        #expect(queue.isEmpty && content(queue).isEmpty)
    }
}
