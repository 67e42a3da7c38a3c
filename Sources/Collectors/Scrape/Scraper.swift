import Dispatch
import Foundation
import GatewayCore
import Synchronization

/// Reads every target once an interval, on one thread that never blocks: a dead, hung or slow one delays
/// nobody.
package final class Scraper: Sendable {
    private let waker = Waker()
    private let isStopped = Atomic<Bool>(false)
    private let ended = DispatchSemaphore(value: 0)
    private let localGPUs: LocalGPUs?

    private init(localGPUs: LocalGPUs?) { self.localGPUs = localGPUs }

    /// Begins at once; the first turns are spread over one interval.
    /// - Parameters:
    ///   - rests: whether the health of a target, by its place, is not probed now; asked each turn.
    ///   - feeds: nodes whose KV events are followed.
    ///   - presence: what these events tell goes there.
    ///   - publish: called on the scraper's own threads with each reading; must return soon.
    package static func start(
        targets: [ScrapeTarget], pace: ScrapePace = ScrapePace(),
        rests: @escaping @Sendable (Int) -> Bool = { _ in false },
        feeds: [KVFeedTarget] = [], presence: KVPresence = KVPresence(nodes: [], key: 0),
        publish: @escaping @Sendable (NodeReading) -> Void
    ) -> Scraper {
        let local = targets.filter(\.hasLocalGPUs).map(\.name)
        let scraper = Scraper(
            localGPUs: local.isEmpty
                ? nil : LocalGPUs.start(nodes: local, intervalSeconds: pace.intervalSeconds, publish: publish)
        )
        let thread = Thread {
            let start = now()
            let clocks = clocks(targets, pace, rests, start: start)
            let first = UInt64(clocks.count)
            let feeds = feeds.enumerated().map { index, feed in
                KVFeed(
                    feed, presence: presence, firstAt: start, tokenBase: (first + UInt64(index)) << 32)
            }
            scraper.run(clocks, feeds, publish)
            scraper.ended.signal()
        }
        thread.name = "scraper"
        thread.start()
        return scraper
    }

    /// Ends it and waits until it has; nothing is published afterwards. Not to be called out of `publish`.
    package func stop() {
        guard !isStopped.exchange(true, ordering: .relaxed) else { return }
        waker.wake()
        ended.wait()
        localGPUs?.stop()
    }

    private func run(
        _ clocks: [ScrapeClock], _ feeds: [KVFeed], _ publish: @Sendable (NodeReading) -> Void
    ) {
        var poller = Poller()
        poller.add(waker.fd, token: .max, .read)
        let names = NameBook()
        // Clocks first, then feeds: as their tokens are numbered.
        var wakes = WakeQueue(times: clocks.map(\.wakesAt) + feeds.map(\.wakesAt))
        // Among a thousand targets something happens all the time: waiting a little takes many events at one wake-up.
        let rest = Int32(min(10, clocks.count / 100))
        while !isStopped.load(ordering: .relaxed) {
            var now = Self.now()
            while let index = wakes.popDue(by: now) {
                if index < clocks.count {
                    if let reading = clocks[index].wake(at: now, names: names, poller) { publish(reading) }
                    wakes.set(index, to: clocks[index].wakesAt)
                } else {
                    feeds[index - clocks.count].wake(at: now, names: names, poller)
                    wakes.set(index, to: feeds[index - clocks.count].wakesAt)
                }
            }
            let wait = wakes.first.map { max(0, $0 - now) * 1000 } ?? 60_000
            if rest > 0 { pause(milliseconds: rest) }
            let count = poller.wait(milliseconds: Int32(min(60_000, wait.rounded(.up))))
            now = Self.now()
            for position in 0..<count {
                let event = poller.event(position)
                let index = Int(event.token >> 32)
                // The waker's token is nobody's: it only ends the wait.
                guard index < clocks.count + feeds.count else { continue }
                guard index < clocks.count else {
                    feeds[index - clocks.count].handle(event, at: now, names: names, poller)
                    wakes.set(index, to: feeds[index - clocks.count].wakesAt)
                    continue
                }
                guard let reading = clocks[index].handle(event, at: now, poller) else {
                    continue
                }
                publish(reading)
                wakes.set(index, to: clocks[index].wakesAt)
            }
        }
    }

    private static func now() -> Double { Double(MonotonicClock.now()) / 1e9 }

    /// Spreads the targets evenly over an interval.
    private static func clocks(
        _ targets: [ScrapeTarget], _ pace: ScrapePace, _ rests: @escaping @Sendable (Int) -> Bool,
        start: Double
    ) -> [ScrapeClock] {
        var clocks: [ScrapeClock] = []
        for (index, target) in targets.enumerated() {
            let first = start + pace.intervalSeconds * Double(index) / Double(targets.count)
            clocks.append(
                ScrapeClock(
                    engine: target, firstAt: first, pace: pace, tokenBase: UInt64(clocks.count) << 32,
                    rests: { rests(index) })
            )
            if let url = target.gpuMetricsURL {
                clocks.append(
                    ScrapeClock(
                        exporter: url, of: target.name, firstAt: first, pace: pace,
                        tokenBase: UInt64(clocks.count) << 32))
            }
        }
        return clocks
    }
}
