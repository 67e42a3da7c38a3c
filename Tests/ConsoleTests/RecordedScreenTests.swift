import GatewayCore
import Testing

@testable import Console

/// What was recorded looks, offline, as it looked then.
struct RecordedScreenTests {
    /// The fleet second by second, as a gateway sent it, and what a console that watched had of the past then.
    private struct Watched {
        var snapshots: [Snapshot] = []
        var histories: [History] = []
        var file: [UInt8]

        /// - before: seconds that the gateway had seen when the recording began.
        init(seconds: Int, before: Int) throws {
            var history = History(capacitySeconds: 4096)
            for second in 0..<before { history.record(SampleFleet.snapshot(nodes: 8, second: second)) }
            var encoder = FrameEncoder()
            var keys = KeyFrames()
            file = Recording.opening(history, time: SampleFleet.start + Double(before))
            for second in before..<(before + seconds) {
                let snapshot = SampleFleet.snapshot(nodes: 8, second: second)
                history.record(snapshot)
                let frame = try encoder.frame(of: snapshot)
                file += Recording.entry(of: keys.kept(frame, of: snapshot), time: snapshot.time)
                snapshots.append(snapshot)
                histories.append(history)
            }
        }
    }

    private func screen(_ snapshot: Snapshot, _ history: History, _ view: ViewName, _ size: Size) -> Screen {
        var screen = Screen(size, snapshot, history: history)
        screen.state.view = view
        return screen
    }

    @Test(arguments: ViewName.allCases)
    func `every recorded screen is the one that stood there, but for the banner`(_ view: ViewName) throws {
        let watched = try Watched(seconds: 75, before: 90)
        var recording = try Recording(watched.file)
        for index in [0, 1, 59, 60, 74, 30] {
            let then = watched.snapshots[index]
            let live = screen(then, watched.histories[index], view, Size(200, 50))
            let found = recording.reel.snapshot(nearest: then.time)
            let snapshot = try #require(found)
            let past = recording.history.rewound(to: Int(snapshot.time))
            var played = screen(snapshot, past, view, Size(200, 50))
            played.state.ownership = .recorded
            played.state.reach = recording.reel.reach
            played.state.moment = .past(at: snapshot.time, isPlaying: false)
            #expect(played.canvas.row(0).contains("RECORDED"))
            // The last line has the keys, and those that change something are gone from it.
            for y in 1..<49 {
                #expect(played.canvas.row(y) == live.canvas.row(y), "row \(y) of second \(index)")
            }
        }
    }

    @Test func `a picture of a recording says what it is`() throws {
        let watched = try Watched(seconds: 3, before: 5)
        var recording = try Recording(watched.file)
        let entry = PlayCommand.entry
        let arguments = try #require(try entry.parse(["f", "--screen", "text", "--size", "100x30"]))
        let picture = try #require(try ScreenPicture(arguments))
        let last = recording.reel.snapshot(nearest: .greatestFiniteMagnitude)
        let snapshot = try #require(last)
        let text = picture.text(snapshot, recording.history, recorded: recording.reel.reach)
        let rows = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        #expect(rows.count == 30 && rows.first?.contains("RECORDED") == true)
        #expect(rows.contains { $0.contains("engine-8") })
    }
}
