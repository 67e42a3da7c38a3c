import Testing

@testable import GatewayCore

struct FreeMemoryTests {
    @Test func `a block that was given up is the next one of its size, and of no other`() {
        let block = FreeMemory.take(4096)
        FreeMemory.give(block, 4096)
        let smaller = FreeMemory.take(2048)
        #expect(smaller != block)
        let next = FreeMemory.take(4096)
        #expect(next == block)
        FreeMemory.give(smaller, 2048)
        FreeMemory.give(next, 4096)
        FreeMemory.empty()
    }

    @Test func `another thread has its own`() async {
        let block = FreeMemory.take(65_536)
        FreeMemory.give(block, 65_536)
        let address = UInt(bitPattern: block)
        let others = await withCheckedContinuation { done in
            startThread(name: "other") {
                let other = FreeMemory.take(65_536)
                FreeMemory.give(other, 65_536)
                done.resume(returning: UInt(bitPattern: other))
            }
        }
        #expect(others != address)
    }
}
