import Testing

@testable import Collectors

/// Batches of one byte, their number.
private func taken(_ numbers: [UInt8]) -> [KVBatchOrder.Action] { numbers.map { .take([$0]) } }

struct KVBatchOrderTests {
    private func started(at first: UInt64 = 0) -> KVBatchOrder {
        var order = KVBatchOrder(canReplay: true)
        #expect(order.connected(away: nil) == [.askReplay(from: 0)])
        _ = order.replayed(first, [UInt8(first)])
        _ = order.replayEnded()
        return order
    }

    @Test func `a replay from the first batch on makes the whole known, a later one a part`() {
        var order = KVBatchOrder(canReplay: true)
        _ = order.connected(away: nil)
        #expect(order.replayed(0, [0]) == [.whole, .take([0])])
        var late = KVBatchOrder(canReplay: true)
        _ = late.connected(away: nil)
        #expect(late.replayed(40, [40]) == [.take([40])])
        var fresh = KVBatchOrder(canReplay: true)
        _ = fresh.connected(away: nil)
        #expect(fresh.replayEnded() == [.whole])
    }

    @Test func `what comes while a replay runs waits, and is not taken twice`() {
        var order = started()
        #expect(order.live(3, [3]) == [.askReplay(from: 1)])
        #expect(order.live(4, [4]) == [])
        #expect(order.replayed(1, [1]) + order.replayed(2, [2]) + order.replayed(3, [3]) == taken([1, 2, 3]))
        #expect(order.replayEnded() == taken([4]))
        #expect(order.live(5, [5]) == taken([5]))
        #expect(order.gaps == 1)
    }

    @Test func `a batch that was told again may still come on a new connection`() {
        var order = started()
        #expect(order.connected(away: 1) == [.askReplay(from: 1)])
        #expect(order.replayed(1, [1]) + order.replayed(2, [2]) == taken([1, 2]))
        #expect(order.replayEnded() == [])
        #expect(order.live(2, [2]) == [])
        #expect(order.live(3, [3]) == taken([3]))
    }

    @Test func `numbers that fall are a new life, on the same connection and on another`() {
        var order = started(at: 7)
        #expect(order.live(8, [8]) == taken([8]))
        let again = order.live(0, [0])
        #expect(again.count == 3 && again[1...] == [.whole, .take([0])])
        var other = started(at: 7)
        _ = other.connected(away: 1)
        #expect(other.replayEnded() == [])
        let anew = other.live(2, [2])
        #expect(anew.last == .askReplay(from: 0) && anew.count == 2)
        #expect(other.replayed(0, [0]) + other.replayed(1, [1]) == [.whole] + taken([0, 1]))
        #expect(other.replayEnded() == taken([2]))
    }

    @Test func `what is lost drops everything once, and the rest goes on`() {
        var order = started()
        _ = order.live(5, [5])
        let actions = order.replayed(4, [4])
        guard case .clear(let reason) = actions.first else {
            Issue.record("no clear: \(actions)")
            return
        }
        #expect(reason.hasPrefix("3 batches from 1 on are lost"))
        #expect(actions.dropFirst() + order.replayEnded() == taken([4, 5])[...])
        var silent = started()
        _ = silent.live(5, [5])
        #expect(silent.replayFailed().count == 2)
        #expect(silent.live(6, [6]) == taken([6]))
    }

    @Test func `a publisher that was away for long is taken for a new one`() {
        var order = started()
        let actions = order.connected(away: 60)
        #expect(actions.count == 2 && actions.last == .askReplay(from: 0))
    }

    @Test func `batches that wait have a limit`() {
        var order = started()
        _ = order.live(5, [5])
        var actions: [KVBatchOrder.Action] = []
        for number in 6...UInt64(KVBatchOrder.heldLimit + 6) { actions += order.live(number, []) }
        #expect(!order.isReplaying && actions.count > KVBatchOrder.heldLimit)
    }
}
