import Foundation
import GatewayCore
import TestSupport
import Testing

@testable import FleetSim

/// Decode stretches are passed at once when nobody listens to every token; what comes out must be the same.
struct EngineStretchTests {
    private struct Arrival {
        let instant: Double
        let request: EngineRequest
        let leaves: Double?
    }

    /// Ten minutes of shared prompts, some answers' blocks known, some clients leaving.
    private func arrivals(seed: UInt64, blockTokens: Int) -> [Arrival] {
        var random = SplitMix64(seed: seed)
        var now = 0.0
        return (1...400).map { id in
            now += -1.5 * log(1 - random.unit())
            let root = random.next() % 7
            let prompt = random.integer(in: 1...6000)
            let output = random.integer(in: 1...500)
            let known = random.unit() < 0.5 ? prompt : prompt + output
            let chain = (0..<(known / blockTokens)).map { root &* 100_000 &+ UInt64($0) }
            return Arrival(
                instant: now,
                request: EngineRequest(
                    id: UInt64(id), promptTokens: prompt, outputTokens: output, chain: chain),
                leaves: random.unit() < 0.1 ? now + 4 * random.unit() : nil)
        }
    }

    private func run(
        _ detail: EngineModel.Detail, seed: UInt64, blockTokens: Int, kvTokens: Int
    ) throws -> (events: [TokenEvent], model: EngineModel) {
        var model = EngineModel(
            profile: EngineProfile.all[0], kvTokens: kvTokens, blockTokens: blockTokens, detail: detail,
            seed: seed)
        var happenings: [(instant: Double, arrival: Arrival, leaves: Bool)] = []
        for arrival in arrivals(seed: seed, blockTokens: blockTokens) {
            happenings.append((arrival.instant, arrival, false))
            if let instant = arrival.leaves { happenings.append((instant, arrival, true)) }
        }
        var events: [TokenEvent] = []
        for happening in happenings.sorted(by: { $0.instant < $1.instant }) {
            model.advance(to: happening.instant, into: &events)
            if happening.leaves {
                model.abort(happening.arrival.request.id)
            } else {
                try model.submit(happening.arrival.request, at: happening.instant)
            }
            if let problem = model.cache.inconsistency() { Issue.record("\(problem)") }
        }
        model.advance(to: 1e6, into: &events)
        return (events, model)
    }

    @Test(arguments: [(16, 8192), (64, 16_384), (512, 16_384), (512, 200_000)], [1, 2, 3] as [UInt64])
    func `milestones come at the very instants of the steps that were not taken one by one`(
        blocks: (tokens: Int, kvTokens: Int), seed: UInt64
    ) throws {
        let whole = try run(.everyToken, seed: seed, blockTokens: blocks.tokens, kvTokens: blocks.kvTokens)
        let quick = try run(.milestones, seed: seed, blockTokens: blocks.tokens, kvTokens: blocks.kvTokens)
        // Not compared whole: a failure would print thousands of events.
        let milestones = whole.events.filter { $0.ordinal == 1 || $0.finish != nil }
        #expect(quick.events.count == milestones.count)
        let firstDifference = zip(quick.events, milestones).first { $0 != $1 }
        #expect(firstDifference == nil)
        #expect(quick.model.isIdle)
        #expect(quick.model.meters.steps == whole.model.meters.steps)
        #expect(quick.model.meters.generatedTokens == whole.model.meters.generatedTokens)
        #expect(quick.model.meters.prefixHits == whole.model.meters.prefixHits)
        #expect(quick.model.meters.preemptions == whole.model.meters.preemptions)
        #expect(quick.model.cache.evictions == whole.model.cache.evictions)
        for root in 0..<7 as Range<UInt64> {
            let chain = (0..<(6500 / blocks.tokens)).map { root &* 100_000 &+ UInt64($0) }
            #expect(quick.model.cachedDepth(of: chain) == whole.model.cachedDepth(of: chain))
        }
    }

    @Test func `a lone answer is a handful of wakes`() throws {
        var model = EngineModel(profile: EngineProfile.all[0], blockTokens: 512, detail: .milestones)
        try model.submit(EngineRequest(id: 1, promptTokens: 1000, outputTokens: 2000), at: 0)
        var wakes = 0
        var events: [TokenEvent] = []
        while let next = model.nextInstant {
            model.advance(to: next, into: &events)
            wakes += 1
        }
        #expect(events.map(\.ordinal) == [1, 2000])
        #expect(model.meters.steps == 2000)
        #expect(wakes < 12)
    }
}

struct BlockIndexTests {
    @Test func `it agrees with a dictionary through a random life, a hash of 0 included`() {
        var random = SplitMix64(seed: 3)
        var index = BlockIndex(capacity: 300)
        var dictionary: [UInt64: Int32] = [:]
        for _ in 0..<40_000 {
            let hash = random.next() % 500
            if let block = dictionary[hash] {
                #expect(index[hash] == block)
                if random.unit() < 0.5 {
                    index.remove(hash)
                    dictionary[hash] = nil
                }
            } else {
                #expect(index[hash] == nil)
                if dictionary.count < 300 {
                    let block = Int32(random.integer(in: 0...299))
                    index.insert(hash, block: block)
                    dictionary[hash] = block
                }
            }
            #expect(index.count == dictionary.count)
        }
    }
}

@Suite(.enabled(if: sharedFolder != nil))
struct EngineSpeedTests {
    private struct Line: Decodable {
        let timestamp: Double
        let input_length: Int
        let output_length: Int
        let hash_ids: [UInt64]
    }

    /// An eighth of the Mooncake conversation trace, 59 minutes.
    private func requests() throws -> [(instant: Double, request: EngineRequest)] {
        let file = try #require(sharedFolder).appendingPathComponent(
            "traces/mooncake_conversation_trace.jsonl.gz")
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gunzip", "-c", file.path]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let decoder = JSONDecoder()
        return try text.split(separator: "\n").enumerated().filter { $0.offset % 8 == 0 }.map {
            number, text in
            let line = try decoder.decode(Line.self, from: Data(text.utf8))
            return (
                line.timestamp / 1000,
                EngineRequest(
                    id: UInt64(number), promptTokens: line.input_length,
                    outputTokens: max(1, line.output_length),
                    chain: Array(line.hash_ids.prefix(line.input_length / 512)))
            )
        }
    }

    @Test func `a node's share of an hour of the conversation trace passes in a moment`() throws {
        let requests = try requests()
        #expect(requests.count == 1504)
        var model = EngineModel(
            profile: EngineProfile.all[0], kvTokens: 3000 * 512, blockTokens: 512, detail: .milestones)
        var events: [TokenEvent] = []
        let begin = ContinuousClock.now
        for (instant, request) in requests {
            model.advance(to: instant, into: &events)
            try model.submit(request, at: instant)
        }
        model.advance(to: 1e6, into: &events)
        let seconds = (ContinuousClock.now - begin) / .seconds(1)
        print("engine model: 1,504 requests, \(model.meters.steps) steps in \(seconds) s")
        #expect(events.count { $0.finish != nil } == 1504)
        // 0.02 s in a release build; a debug build is some 20 times slower.
        #expect(seconds < 5)
    }
}
