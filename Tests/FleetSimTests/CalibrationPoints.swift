import Foundation
import GatewayCore
import TestSupport

@testable import FleetSim

/// One measured point of shared/calibration/silicon_dev.csv: a closed loop of requests against one engine.
struct CalibrationPoint {
    let profile: EngineProfile
    /// vllm or trtllm
    let backend: String
    let inputTokens: Int
    let outputTokens: Int
    /// Requests kept in flight at this engine.
    let concurrency: Int
    /// As listed.
    let listedConcurrency: Int
    let ttft: Double
    let tpot: Double

    var isLlama: Bool { profile.model.name.contains("Llama") }
    /// The cache can't hold everybody, so requests queue and TTFT is the queue's.
    var isQueueing: Bool { concurrency * (inputTokens + outputTokens) > profile.kvCapacityTokens }

    static func read() throws -> [CalibrationPoint] {
        guard let folder = sharedFolder else { return [] }
        let file = folder.appendingPathComponent("calibration/silicon_dev.csv")
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst().map { line in
            try CalibrationPoint(
                line.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
        }
    }

    private init(_ cells: [String]) throws {
        let format = cells[4] == "fp8" ? "-fp8" : ""
        let size = Int(cells[8])!
        profile = try EngineProfile(
            gpu: cells[1] == "h100_sxm" ? "h100" : "b200",
            model: (cells[0].contains("Llama") ? "llama-70b" : "qwen3-32b") + format, tensorParallel: size)
        backend = cells[2]
        inputTokens = Int(cells[6])!
        outputTokens = Int(cells[7])!
        listedConcurrency = Int(cells[10])!
        // The three Qwen3-32B fp8 rows list the requests of eight GPUs: 24 at TP 1 in one engine would have to read
        // weights and cache in 16.9 ms which take 18.2 ms at the memory's full bandwidth (48 at TP 2: 11.6 and 13.3).
        let isOfEightGPUs = cells[0].contains("Qwen") && cells[4] == "fp8"
        concurrency = isOfEightGPUs ? listedConcurrency * size / 8 : listedConcurrency
        ttft = Double(cells[11])! / 1000
        tpot = Double(cells[12])! / 1000
    }
}

/// The load that made the points, against the model: ten requests for each one in flight, all begun at once.
///
/// The Llama points are InferenceMAX's (1k/1k, 1k/8k, 8k/1k at 4...64), whose lengths are uniform in 0.8...1 of those
/// listed (its README: random-range-ratio 0.8, num-prompts 10 x concurrency). How the Qwen points' load varied is not
/// published; answers that all ended at the same token would keep requests in convoys, which 1k prompts don't show, so
/// they end within 10 tokens of the listed length here.
struct ClosedLoop {
    private static let rounds = 10
    private var model: EngineModel
    private let point: CalibrationPoint
    private var random = SplitMix64(seed: 7)
    private var submitted: [UInt64: Double] = [:]
    private var first: [UInt64: Double] = [:]
    private var ttft: [Double] = []
    private var tpot: [Double] = []

    static func run(_ point: CalibrationPoint) throws -> (ttft: Double, tpot: Double) {
        var loop = ClosedLoop(point)
        return try loop.run()
    }

    private init(_ point: CalibrationPoint) {
        self.point = point
        model = EngineModel(profile: point.profile, blockTokens: 512, detail: .milestones)
    }

    private mutating func run() throws -> (ttft: Double, tpot: Double) {
        for _ in 0..<point.concurrency { try submit(at: 0) }
        var events: [TokenEvent] = []
        while let instant = model.nextInstant {
            events.removeAll(keepingCapacity: true)
            model.advance(to: instant, into: &events)
            for event in events { try take(event) }
        }
        return (ttft.reduce(0, +) / Double(ttft.count), tpot.reduce(0, +) / Double(tpot.count))
    }

    private mutating func take(_ event: TokenEvent) throws {
        if event.ordinal == 1 {
            first[event.request] = event.instant
            ttft.append(event.instant - submitted[event.request]!)
        }
        guard event.finish != nil else { return }
        tpot.append((event.instant - first[event.request]!) / Double(event.ordinal - 1))
        if submitted.count < Self.rounds * point.concurrency { try submit(at: event.instant) }
    }

    private mutating func submit(at now: Double) throws {
        let id = UInt64(submitted.count + 1)
        submitted[id] = now
        let (input, output) =
            point.isLlama
            ? (length(0.8, of: point.inputTokens), length(0.8, of: point.outputTokens))
            : (point.inputTokens, random.integer(in: (point.outputTokens - 10)...(point.outputTokens + 10)))
        try model.submit(EngineRequest(id: id, promptTokens: input, outputTokens: output), at: now)
    }

    private mutating func length(_ share: Double, of tokens: Int) -> Int {
        random.integer(in: Int(share * Double(tokens))...tokens)
    }
}
