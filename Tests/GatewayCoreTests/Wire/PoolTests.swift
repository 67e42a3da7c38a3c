import GatewayCore
import Synchronization
import Testing

struct PoolTests {
    private static let alive = Mutex(0)

    struct Slot: ~Copyable {
        var value = 0
        init() { PoolTests.alive.withLock { $0 += 1 } }
        deinit { PoolTests.alive.withLock { $0 -= 1 } }
    }

    @Test func `slots come a page at a time, keep their values and go with the pool`() {
        do {
            var pool = Pool<Slot>(capacity: 1000) { Slot() }
            #expect(pool.capacity >= 1000)
            pool.prepare(3)
            let page = Self.alive.withLock { $0 }
            #expect(page > 3)
            pool[3].value = 42
            pool.prepare(4)
            pool.prepare(3)
            #expect(pool[3].value == 42 && pool[4].value == 0)
            #expect(Self.alive.withLock { $0 } == page)
            pool.prepare(999)
            pool[999].value = 7
            #expect(pool[3].value == 42 && pool[999].value == 7)
            #expect(Self.alive.withLock { $0 } == 2 * page)
        }
        #expect(Self.alive.withLock { $0 } == 0)
    }
}
