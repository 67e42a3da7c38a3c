import Foundation
import TestSupport
import Testing

/// What an operator chose for a fault is what happens, and the fault is counted at its node.
@Suite(.serialized)
struct FaultPolicyTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let fault: String
        let query: String
        var testDescription: String { fault }
    }

    private static let cases = [
        Case(fault: "truncated", query: "truncate=100&after=7"),
        Case(fault: "errorEvent", query: "error=100&after=7"),
        Case(fault: "aborted", query: "abort=100&after=7"),
        Case(fault: "malformed", query: "nojson=100&after=7"),
        Case(fault: "invalidUTF8", query: "utf8=100&after=7"),
        Case(fault: "repeating", query: "repeat=100&after=16"),
        Case(fault: "stalled", query: "stall=100&after=7"),
    ]
    private static let limits = "firstTokenSeconds: 3, stallSeconds: 1, queueSeconds: 5"

    private func run(_ each: Case, _ policy: String) async throws -> (verdicts: [Told.Verdict], counted: Int)
    {
        let scene = try await FaultScene(
            engines: 2, speed: 40, limits: Self.limits, streams: "faults: { \(each.fault): '\(policy)' }")
        // Long enough for a repeat loop to be seen.
        let questions = Question.mixed(4, tokens: each.fault == "repeating" ? 700 : 40)
        let wanted = try await Question.undisturbed(questions, scene.signalbox)
        try await scene.tell(0, each.query)
        let verdicts = try scene.ask(questions, wanted, within: 30)
        let counted = try await eventually("the fault is counted") {
            let node = try await scene.signalbox.status(scene.gateway.admin).node(scene.names[0])
            return (node["faults"] as? [String: Int])?[each.fault]
        }
        return (verdicts, counted)
    }

    @Test(arguments: cases) func `cut ends a faulty stream with an error event`(each: Case) async throws {
        let (verdicts, counted) = try await run(each, "cut")
        let brokenOff = verdicts.count { if case .brokenOff = $0 { true } else { false } }
        let whole = verdicts.count { $0 == .whole }
        if each.fault == "repeating" {
            // Its repeats are another text than the undisturbed one, and they end with an error.
            #expect(whole == 2, "\(verdicts)")
        } else {
            #expect(brokenOff == 2 && whole == 2, "\(verdicts)")
        }
        #expect(counted == 2)
    }

    @Test(arguments: cases.filter { $0.fault != "repeating" })
    func `migrate lets another node go on to the byte`(each: Case) async throws {
        let (verdicts, counted) = try await run(each, "migrate")
        #expect(verdicts.allSatisfy { $0 == .whole }, "\(verdicts)")
        #expect(counted == 2)
    }

    @Test(
        arguments: cases.filter { ["malformed", "invalidUTF8", "repeating", "truncated"].contains($0.fault) })
    func `report passes on what the engine sent, and counts it`(each: Case) async throws {
        let (verdicts, counted) = try await run(each, "report")
        #expect(verdicts.count { $0 == .whole } == 2, "\(verdicts)")
        #expect(counted == 2)
    }
}
