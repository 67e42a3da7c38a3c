import Testing

@testable import Collectors

@Suite struct WakeQueueTests {
    @Test func `clocks wake in order, once, by the time that was set last`() {
        var queue = WakeQueue(times: [5, 1, 3])
        #expect(queue.first == 1)
        queue.set(2, to: 0.5)
        #expect(queue.popDue(by: 4) == 2)
        #expect(queue.popDue(by: 4) == 1)
        #expect(queue.popDue(by: 4) == nil)
        queue.set(1, to: 6)
        #expect(queue.popDue(by: 10) == 0)
        #expect(queue.popDue(by: 10) == 1)
        #expect(queue.popDue(by: 10) == nil)
    }
}
