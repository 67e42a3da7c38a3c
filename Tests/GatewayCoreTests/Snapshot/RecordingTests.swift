import GatewayCore
import Testing

struct RecordingTests {
    @Test func `a recording gives every picture again, in any order, with the series up to it`() throws {
        let watched = try WatchedFleet(seconds: 150)
        var recording = try Recording(watched.file)
        #expect(recording.problem == nil && recording.count == 150)
        #expect(recording.reel.reach == 1_000_000...1_000_149)
        for index in Array(watched.snapshots.indices.reversed()) + [0, 149, 70, 71, 3] {
            let snapshot = watched.snapshots[index]
            #expect(recording.reel.snapshot(nearest: snapshot.time) == snapshot)
        }
        let past = recording.history.rewound(to: 1_000_070)
        #expect(past.newest == 1_000_070)
        #expect(past.last(2, of: .running, node: "engine-1") == [70, 71])
    }

    @Test func `a file cut anywhere plays what is whole, and says where it ends`() throws {
        let watched = try WatchedFleet(seconds: 5)
        let file = watched.file
        var before = 0
        for length in 0..<file.count {
            guard let recording = try? Recording(Array(file[..<length])) else {
                #expect(before == 0, "\(length): fewer pictures than in a shorter file")
                continue
            }
            #expect(recording.count >= before)
            before = recording.count
            if let problem = recording.problem { #expect(problem.contains("the file ends in"), "\(problem)") }
        }
        #expect(before == 4, "the last byte belongs to the last picture")
        let cut = try #require(try Recording(Array(file.dropLast())).problem)
        #expect(cut.contains(/byte \d+: the file ends in an entry, \d+ of \d+ bytes are there; 4 pictures/))
    }

    @Test func `what is no recording is told with the byte`() {
        func message(_ bytes: [UInt8]) -> String {
            do throws(MalformedBytes) {
                _ = try Recording(bytes)
                return "read"
            } catch { return "\(error)" }
        }
        #expect(message([]).contains("byte 0: this is no recording"))
        #expect(message(Array("{\"a\":1}".utf8)).contains("byte 0: this is no recording"))
        #expect(message(Array("SBRECORD\u{9}".utf8)).contains("byte 8: a recording of form 9"))
        #expect(message(Array("SBRECORD\u{1}".utf8)).contains("byte 9: it has no picture"))
    }

    @Test func `a length that lies allocates nothing and names the entry`() throws {
        let watched = try WatchedFleet(seconds: 3)
        var file = watched.file
        let place = file.count
        file += [0x46] + [UInt8](repeating: 0, count: 8) + [0xFF, 0xFF, 0xFF, 0xFF]
        let recording = try Recording(file)
        #expect(recording.count == 3)
        let problem = try #require(recording.problem)
        #expect(problem.contains("byte \(place): an entry that says it has 4294967295 bytes"))
    }

    @Test func `times that go back or far ahead end it there`() throws {
        let watched = try WatchedFleet(seconds: 2)
        for time in [999_000.0, 1_000_000 + 90_000, .nan, .infinity] {
            let file = watched.file + Recording.entry(of: watched.frames[1], time: time)
            let recording = try Recording(file)
            #expect(recording.count == 2)
            #expect(recording.problem?.contains("a time that is not in the 24 hours") == true)
        }
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `bytes changed anywhere give pictures or an error, never a trap`(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        var file = try WatchedFleet(seconds: 4, nodes: 2).file
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            file[Int.random(in: file.indices, using: &random)] = UInt8.random(
                in: .min ... .max, using: &random)
        }
        guard var recording = try? Recording(file), let reach = recording.reel.reach else { return }
        _ = recording.reel.snapshot(nearest: reach.upperBound)
        #expect(recording.history.byteCount <= Recording.byteLimit)
    }
}
