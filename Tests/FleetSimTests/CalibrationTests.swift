import Foundation
import TestSupport
import Testing

@testable import FleetSim

/// Measured latencies of real hardware, and what the model says of the same load.
enum Calibration {
    struct Point {
        let inputTokens: Int
        let outputTokens: Int
        let tensorParallel: Int
        let concurrency: Int
        let ttft: Double
        let tpot: Double
    }

    static func points(model: String, system: String) throws -> [Point] {
        guard let folder = sharedFolder else { return [] }
        let file = folder.appendingPathComponent("calibration/silicon_dev.csv")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst().compactMap {
            line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard cells[0] == model, cells[1] == system, cells[2] == "vllm",
                cells[4] != "fp8" || model.contains("70B")
            else { return nil }
            return Point(
                inputTokens: Int(cells[6])!, outputTokens: Int(cells[7])!, tensorParallel: Int(cells[8])!,
                concurrency: Int(cells[10])!, ttft: Double(cells[11])! / 1000, tpot: Double(cells[12])! / 1000
            )
        }
    }

    /// A closed loop: `concurrency` requests kept in flight, each replaced when it ends, no prefix shared.
    private static func simulate(_ profile: EngineProfile, _ point: Point, rounds: Int) throws -> (
        ttft: Double, tpot: Double
    ) {
        var model = EngineModel(profile: profile)
        var submitted: [UInt64: Double] = [:]
        var first: [UInt64: Double] = [:]
        var ttft: [Double] = []
        var tpot: [Double] = []
        var next: UInt64 = 0
        func submit(at now: Double) throws {
            next += 1
            submitted[next] = now
            try model.submit(
                EngineRequest(id: next, promptTokens: point.inputTokens, outputTokens: point.outputTokens),
                at: now)
        }
        for _ in 0..<point.concurrency { try submit(at: 0) }
        let wanted = point.concurrency * rounds
        while tpot.count < wanted, let instant = model.nextInstant {
            for event in model.advance(to: instant) {
                if event.ordinal == 1 {
                    first[event.request] = event.instant
                    ttft.append(event.instant - submitted[event.request]!)
                }
                if event.finish != nil {
                    tpot.append((event.instant - first[event.request]!) / Double(point.outputTokens - 1))
                    try submit(at: event.instant)
                }
            }
        }
        return (ttft.reduce(0, +) / Double(ttft.count), tpot.reduce(0, +) / Double(tpot.count))
    }

    static func errors(_ points: [Point], rounds: Int, _ profile: (Int) -> EngineProfile?) throws -> (
        mean: Double, worst: Double
    ) {
        var errors: [Double] = []
        for point in points {
            let profile = try #require(profile(point.tensorParallel))
            let predicted = try simulate(profile, point, rounds: rounds)
            let error = abs(predicted.tpot - point.tpot) / point.tpot
            errors.append(error)
            print(
                "calibration \(profile.name) \(point.inputTokens)/\(point.outputTokens) c=\(point.concurrency):",
                "TPOT \(predicted.tpot * 1000) ms, measured \(point.tpot * 1000); TTFT \(predicted.ttft), measured",
                point.ttft)
        }
        return (errors.reduce(0, +) / Double(errors.count), errors.max() ?? 0)
    }
}

@Suite(.enabled(if: sharedFolder != nil))
struct CalibrationTests {
    @Test func `time per output token is that of 70B fp8 on H100`() throws {
        let points = try Calibration.points(model: "meta-llama/Llama-3.1-70B", system: "h100_sxm")
            .filter { $0.outputTokens <= 1024 }
        #expect(points.count == 30)
        let (mean, worst) = try Calibration.errors(points, rounds: 2) {
            EngineProfile.named("70b-fp8-tp\($0)-h100")
        }
        print("calibration: 70B fp8 H100, \(points.count) points, TPOT mean error \(mean), worst \(worst)")
        #expect(mean <= 0.08)
    }
}

@Suite(.enabled(if: sharedFolder != nil))
struct CalibrationSlowTests {
    @Test func `time per output token is that of 70B fp8 on H100, long answers included`() throws {
        let points = try Calibration.points(model: "meta-llama/Llama-3.1-70B", system: "h100_sxm")
        #expect(points.count == 45)
        let (mean, worst) = try Calibration.errors(points, rounds: 6) {
            EngineProfile.named("70b-fp8-tp\($0)-h100")
        }
        print("calibration: 70B fp8 H100, \(points.count) points, TPOT mean error \(mean), worst \(worst)")
        #expect(mean <= 0.08)
    }

    @Test func `time per output token of a model it was not fitted to`() throws {
        let points = try Calibration.points(model: "Qwen/Qwen3-32B", system: "h100_sxm")
        #expect(points.count == 90)
        let (mean, worst) = try Calibration.errors(points, rounds: 6) {
            EngineProfile.named("32b-bf16-tp\($0)-h100")
        }
        print(
            "calibration: Qwen3-32B bf16 H100, \(points.count) points, TPOT mean error \(mean), worst \(worst)"
        )
        #expect(mean <= 0.12)
    }
}
