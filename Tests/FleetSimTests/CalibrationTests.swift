import Foundation
import TestSupport
import Testing

@testable import FleetSim

/// What the engine model says of loads that were measured on real hardware.
@Suite(.enabled(if: sharedFolder != nil))
struct CalibrationTests {
    private struct Errors {
        var tpot: [Double] = []
        var ttft: [Double] = []

        static func mean(_ errors: [Double]) -> Double {
            errors.reduce(0) { $0 + abs($1) } / Double(max(1, errors.count))
        }
        static func percent(_ value: Double) -> String { String(format: "%.1f%%", 100 * value) }

        var text: String {
            "TPOT \(Self.percent(Self.mean(tpot))) of \(tpot.count) (worst "
                + "\(Self.percent(tpot.map(abs).max() ?? 0))), TTFT without queueing "
                + "\(Self.percent(Self.mean(ttft))) of \(ttft.count) (worst "
                + "\(Self.percent(ttft.map(abs).max() ?? 0)))"
        }
    }

    /// Runs the points, prints a line for each and the errors by deployment.
    private func errors(_ points: [CalibrationPoint]) throws -> Errors {
        var all = Errors()
        var groups: [String: Errors] = [:]
        for point in points {
            let predicted = try ClosedLoop.run(point)
            let tpot = predicted.tpot / point.tpot - 1
            let ttft = predicted.ttft / point.ttft - 1
            let load = "\(point.inputTokens)/\(point.outputTokens) c=\(point.listedConcurrency)"
            print(
                "calibration \(point.profile.name) \(point.backend) \(load):"
                    + String(
                        format:
                            " TPOT %.2f ms, measured %.2f (%+.1f%%); TTFT %.0f ms, measured %.0f (%+.1f%%)",
                        predicted.tpot * 1000, point.tpot * 1000, 100 * tpot, predicted.ttft * 1000,
                        point.ttft * 1000, 100 * ttft) + (point.isQueueing ? " queueing" : ""))
            all.tpot.append(tpot)
            groups[point.profile.name, default: Errors()].tpot.append(tpot)
            if !point.isQueueing {
                all.ttft.append(ttft)
                groups[point.profile.name, default: Errors()].ttft.append(ttft)
            }
        }
        for (name, errors) in groups.sorted(by: { $0.key < $1.key }) {
            print("calibration \(name): \(errors.text)")
        }
        return all
    }

    @Test func `latencies under vLLM on H100 are those measured`() throws {
        let points = try CalibrationPoint.read().filter { $0.backend == "vllm" }
        #expect(points.count == 138)
        let errors = try errors(points)
        print("calibration vLLM: \(errors.text)")
        #expect(Errors.mean(errors.tpot) <= 0.05)
        #expect(Errors.mean(errors.ttft) <= 0.15)
    }

    /// Another engine on another GPU with the same constants: their error is reported, and only bounded coarsely.
    @Test func `a GPU and an engine it was not fitted to are not far off`() throws {
        let points = try CalibrationPoint.read().filter { $0.backend == "trtllm" }
        #expect(points.count == 72)
        let errors = try errors(points)
        print("calibration TensorRT-LLM B200: \(errors.text)")
        #expect(Errors.mean(errors.tpot) <= 0.30)
    }

    /// Splitwise's engine of 2023 on Llama-2-70B in 16 bits: one step of prefill, and one of decodes.
    @Test func `single steps of a 2023 engine are reported`() throws {
        let folder = try #require(sharedFolder)
        let file = folder.appendingPathComponent("calibration/splitwise_perf_model.csv")
        var errors: [String: Errors] = [:]
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst() {
            let cells = line.split(separator: ",").map(String.init)
            let gpu = cells[1] == "a100-80gb" ? "a100" : "h100"
            guard cells[0] == "llama2-70b", cells[1] != "h100-80gb-pcap", let size = Int(cells[10]),
                let prompt = Int(cells[2]), let batch = Int(cells[3]), let prefill = Double(cells[7]),
                let decode = Double(cells[8]), let output = Int(cells[4]), batch < 64 || size > 2
            else { continue }
            // Two GPUs of 80 GB held the weights then, with next to no cache.
            let time = StepTime(
                EngineProfile(
                    name: gpu, model: .llama70BHalf, gpu: gpu == "a100" ? .a100 : .h100, tensorParallel: size)
            )
            var first = StepTime.Work()
            var later = StepTime.Work()
            for _ in 0..<batch {
                first.add(new: prompt, behind: 0, isDecode: false)
                later.add(new: 1, behind: prompt + output / 2, isDecode: true)
            }
            errors["\(gpu) tp\(size)", default: Errors()].ttft.append(
                time.seconds(first) * 1000 / prefill - 1)
            errors["\(gpu) tp\(size)", default: Errors()].tpot.append(time.seconds(later) * 1000 / decode - 1)
        }
        #expect(errors.count >= 4)
        for (name, errors) in errors.sorted(by: { $0.key < $1.key }) {
            print("calibration Splitwise Llama-2-70B \(name): \(errors.text)")
        }
    }
}
