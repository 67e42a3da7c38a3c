import Foundation
import TestSupport
import Testing

/// The gateway as a process that has little.
@Suite(.serialized) struct OverloadTests {
    @Test func `with 96 descriptors 150 streams wait for each other and all complete`() async throws {
        let signalbox = try Signalbox()
        let engine = try await Engine(signalbox, "--speed", "20")
        let gateway = try await Serving(
            signalbox, [engine.url, "--loops", "1"], openFiles: 96)
        let model = try await signalbox.waitForServing().firstModel
        var most = 0
        let streams = try (0..<150).map { try Stream(gateway.url, model, tokens: 40, number: $0) }
        try await expectEventually("all streams ended", within: 60) {
            let open = try? FileManager.default.contentsOfDirectory(
                atPath: "/proc/\(gateway.program.processID)/fd")
            most = max(most, open?.count ?? 0)
            return streams.allSatisfy(\.hasEnded)
        }
        for stream in streams { #expect(stream.isComplete, "\(stream.summary)") }
        #expect(most > 60, "\(most) descriptors: they were not scarce")
        let totals = try await signalbox.status()
        #expect(totals.requests["failed"] == 0 && totals.requests["refused"] == 0)
    }
}
