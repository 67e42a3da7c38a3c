import Testing

@testable import GatewayCore

struct ReelTests {
    @Test
    func `the oldest minute goes when there are too many bytes or it is too old, and the rest is whole`()
        throws
    {
        let watched = try WatchedFleet(seconds: 400)
        let all = watched.reel()
        for var reel in [
            watched.reel(byteLimit: all.byteCount / 2), watched.reel(secondsLimit: 130),
        ] {
            let reach = try #require(reel.reach)
            #expect(reach.lowerBound > 1_000_000 && reach.upperBound == 1_000_399)
            #expect(reel.byteCount < all.byteCount)
            for snapshot in watched.snapshots where snapshot.time >= reach.lowerBound {
                #expect(reel.snapshot(nearest: snapshot.time) == snapshot)
            }
            #expect(reel.snapshot(nearest: 0)?.time == reach.lowerBound)
        }
        #expect(watched.reel(byteLimit: all.byteCount / 2).byteCount <= all.byteCount / 2)
        let window = try #require(watched.reel(secondsLimit: 130).reach)
        #expect((130...(130 + Double(KeyFrames.spacing))).contains(window.upperBound - window.lowerBound))
    }

    @Test func `the nearest picture is shown, whichever side it is on`() throws {
        var reel = try WatchedFleet(seconds: 130).reel()
        for (asked, shown) in [(59.4, 59.0), (59.6, 60), (60.4, 60), (128.9, 129), (500, 129), (-5, 0)] {
            #expect(reel.snapshot(nearest: 1_000_000 + asked)?.time == 1_000_000 + shown)
        }
    }

    @Test func `older pictures go before the first, as far as there is room`() throws {
        let watched = try WatchedFleet(seconds: 300)
        let whole = watched.reel()
        var late = Reel()
        var keys = KeyFrames()
        for index in 200..<300 {
            late.append(
                keys.kept(watched.frames[index], of: watched.snapshots[index]),
                time: watched.snapshots[index].time)
        }
        #expect(late.reach?.lowerBound == 1_000_200)
        late.prepend(whole)
        #expect(late.reach == 1_000_000...1_000_299 && late.count == 300)
        for snapshot in watched.snapshots { #expect(late.snapshot(nearest: snapshot.time) == snapshot) }

        var small = Reel(byteLimit: whole.byteCount / 2)
        small.prepend(whole)
        #expect(small.byteCount <= whole.byteCount / 2 && small.reach?.upperBound == 1_000_299)
        #expect(small.snapshot(nearest: 0) == watched.snapshots[300 - small.count])
    }

    @Test func `a gateway's hour has a picture each five seconds and crosses the socket whole`() throws {
        let watched = try WatchedFleet(seconds: 700)
        var sparse = SparseReel()
        var history = History(capacitySeconds: 700)
        for snapshot in watched.snapshots {
            sparse.record(snapshot)
            history.record(snapshot)
        }
        let wire = sparse.wireForm(history)
        var (reel, series) = try Recording.past(wire)
        #expect(reel.count == 140 && reel.byteCount == sparse.byteCount)
        for index in [0, 5, 350, 695] {
            #expect(reel.snapshot(nearest: watched.snapshots[index].time) == watched.snapshots[index])
        }
        #expect(series.last(700, of: .running, node: "engine-0").count == 700)
        #expect(throws: MalformedBytes.self) { try Recording.past(Array(wire.dropLast())) }
    }

    @Test func `without a first key frame there is nothing to show`() throws {
        let watched = try WatchedFleet(seconds: 3)
        var reel = Reel()
        reel.append(watched.frames[1], time: 5)
        #expect(reel.reach == nil && reel.snapshot(nearest: 5) == nil)
        reel.append(watched.frames[0], time: 6)
        #expect(reel.reach == 6...6)
    }

    @Test func `a history rewound past its first sample has none, and the newest is left alone`() throws {
        var history = History(capacitySeconds: 5)
        for snapshot in try WatchedFleet(seconds: 8).snapshots { history.record(snapshot) }
        #expect(history.rewound(to: 1_000_020) == history)
        #expect(history.rewound(to: 1_000_005).last(9, of: .running, node: "engine-0") == [3, 4, 5])
        #expect(history.rewound(to: 1_000_000).newest == nil)
        #expect(history.rewound(to: 1_000_000).last(9, of: .running, node: "engine-0").isEmpty)
        #expect(history.last(9, of: .running, node: "engine-0") == [3, 4, 5, 6, 7])
    }
}
