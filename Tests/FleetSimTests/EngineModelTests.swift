import GatewayCore
import Testing

@testable import FleetSim

struct EngineModelTests {
    /// A small engine: few blocks, small steps.
    private func engine(kvTokens: Int = 4096, seed: UInt64 = 1) -> EngineModel {
        EngineModel(profile: EngineProfile.all[0], kvTokens: kvTokens, seed: seed)
    }

    private func request(_ id: UInt64, prompt: Int, output: Int, root: UInt64? = nil) -> EngineRequest {
        let tokens = (0..<(prompt + output)).map { UInt32($0 + 3) }
        return EngineRequest(
            id: id, promptTokens: prompt, outputTokens: output,
            chain: Tokenizer.chain(tokens, blockTokens: 16, root: root ?? id))
    }

    @Test func `a request gives its tokens in order and ends with its reason`() throws {
        var model = engine()
        try model.submit(request(7, prompt: 100, output: 5), at: 1)
        let events = model.advance(to: 10)
        #expect(events.map(\.ordinal) == [1, 2, 3, 4, 5])
        #expect(events.map(\.finish) == [nil, nil, nil, nil, .length])
        #expect(zip(events, events.dropFirst()).allSatisfy { $0.instant < $1.instant })
        #expect(model.isIdle)
        #expect(model.cache.usedCount == 0)
        #expect(model.meters.promptTokens == 100)
        #expect(model.meters.generatedTokens == 5)
        #expect(model.meters.timeToFirstToken.count == 1)
        #expect(model.meters.interTokenLatency.count == 4)
    }

    @Test func `time may come in any pieces`() throws {
        func run(_ pieces: Int) throws -> [TokenEvent] {
            var model = engine()
            for id in 1...6 { try model.submit(request(UInt64(id), prompt: 300, output: 40), at: 0) }
            var events: [TokenEvent] = []
            for piece in 1...pieces { events += model.advance(to: 4 * Double(piece) / Double(pieces)) }
            return events
        }
        let whole = try run(1)
        #expect(whole.count == 240)
        #expect(try run(997) == whole)
    }

    @Test func `the same seed gives the same run and another one does not`() throws {
        func run(_ seed: UInt64) throws -> [TokenEvent] {
            var model = engine(seed: seed)
            for id in 1...20 {
                try model.submit(
                    request(UInt64(id), prompt: 50 + 30 * id, output: 10 + id), at: Double(id) / 50)
            }
            return model.advance(to: 60)
        }
        #expect(try run(5) == run(5))
        #expect(try run(5) != run(6))
    }

    @Test func `a prompt that begins like an earlier one is computed only from where it parts`() throws {
        var model = engine()
        try model.submit(request(1, prompt: 320, output: 4, root: 9), at: 0)
        let cold = try #require(model.advance(to: 5).first)
        try model.submit(request(2, prompt: 320, output: 4, root: 9), at: 5)
        let warm = try #require(model.advance(to: 10).first)
        #expect(cold.cachedTokens == 0)
        // All full blocks but the one with the last token, which must be computed.
        #expect(warm.cachedTokens == 304)
        #expect(warm.instant - 5 < cold.instant)
        #expect(model.meters.prefixQueries == 640)
        #expect(model.meters.prefixHits == 304)
    }

    @Test func `what was generated is found again by the next turn`() throws {
        var model = engine()
        try model.submit(request(1, prompt: 160, output: 160, root: 9), at: 0)
        _ = model.advance(to: 20)
        try model.submit(request(2, prompt: 400, output: 4, root: 9), at: 20)
        let first = try #require(model.advance(to: 30).first)
        // The last token's values were never computed, so its block is not full.
        #expect(first.cachedTokens == 304)
    }

    @Test func `the block that has been free the longest makes room`() throws {
        var model = engine(kvTokens: 1024)
        try model.submit(request(1, prompt: 480, output: 1, root: 1), at: 0)
        _ = model.advance(to: 5)
        try model.submit(request(2, prompt: 480, output: 1, root: 2), at: 5)
        _ = model.advance(to: 10)
        #expect(model.cache.evictions == 0)
        try model.submit(request(3, prompt: 480, output: 1, root: 3), at: 10)
        _ = model.advance(to: 15)
        #expect(model.cache.evictions > 20)
        try model.submit(request(4, prompt: 480, output: 1, root: 2), at: 15)
        let second = try #require(model.advance(to: 20).first)
        #expect(second.cachedTokens > 400)
        try model.submit(request(5, prompt: 480, output: 1, root: 1), at: 20)
        let first = try #require(model.advance(to: 25).first)
        #expect(first.cachedTokens < 100)
    }

    @Test func `a full cache preempts the latest and everybody finishes with every token once`() throws {
        var model = engine(kvTokens: 1024)
        for id in 1...4 { try model.submit(request(UInt64(id), prompt: 200, output: 200), at: 0) }
        var ordinals: [UInt64: [Int]] = [:]
        for piece in 1...4000 {
            for event in model.advance(to: Double(piece) / 100) {
                ordinals[event.request, default: []].append(event.ordinal)
            }
            #expect(model.cache.inconsistency() == nil)
        }
        #expect(model.meters.preemptions > 0)
        #expect(ordinals.count == 4)
        #expect(ordinals.values.allSatisfy { $0 == Array(1...200) })
        #expect(model.cache.usedCount == 0)
        #expect(model.meters.requestPreemptions.sum == Double(model.meters.preemptions))
    }

    @Test func `an aborted request frees its blocks at once, running or waiting`() throws {
        var model = engine(kvTokens: 1024)
        try model.submit(request(1, prompt: 900, output: 50), at: 0)
        try model.submit(request(2, prompt: 900, output: 50), at: 0)
        _ = model.advance(to: 0.2)
        #expect(model.runningCount == 1)
        #expect(model.waitingCount == 1)
        model.abort(1)
        #expect(model.cache.usedCount == 0)
        model.abort(2)
        #expect(model.isIdle)
        #expect(model.advance(to: 10).isEmpty)
        #expect(model.meters.finished.isEmpty)
    }

    @Test func `a random life keeps the books right`() throws {
        var random = SplitMix64(seed: 11)
        var model = engine(kvTokens: 2048)
        var next: UInt64 = 0
        for turn in 1...3000 {
            let now = Double(turn) * 0.02
            _ = model.advance(to: now)
            if random.unit() < 0.35 {
                next += 1
                let prompt = random.integer(in: 1...600)
                try model.submit(
                    request(
                        next, prompt: prompt, output: random.integer(in: 1...60), root: random.next() % 5),
                    at: now)
            }
            if random.unit() < 0.05, next > 0 { model.abort(random.next() % next) }
            if let problem = model.cache.inconsistency() { Issue.record("turn \(turn): \(problem)") }
        }
        _ = model.advance(to: 10_000)
        #expect(model.isIdle)
        #expect(model.cache.usedCount == 0)
        #expect(model.meters.generatedTokens > 1000)
    }

    @Test func `a request that never fits is refused`() {
        var model = engine(kvTokens: 1024)
        #expect(throws: RequestTooLong(tokens: 1025, limit: 1024)) {
            try model.submit(request(1, prompt: 1000, output: 25), at: 0)
        }
    }

    @Test func `a long prompt is computed in chunks while others go on`() throws {
        var model = engine(kvTokens: 100_000)
        try model.submit(request(1, prompt: 16, output: 200), at: 0)
        _ = model.advance(to: 0.1)
        try model.submit(request(2, prompt: 40_000, output: 1), at: 0.1)
        var beforeFirst = 0
        for event in model.advance(to: 60) {
            if event.request == 2 { break }
            beforeFirst += 1
        }
        // 40,000 tokens at 8,192 a step are five steps, and the decode has a token in each of them.
        #expect(beforeFirst >= 4)
    }

    @Test func `memory is taken at the start, power and heat follow the work`() throws {
        var model = engine(kvTokens: 400_000)
        let taken = model.memoryUsedBytesPerGPU
        #expect(abs(taken - (70.6e9 / 4 + 400_000 * 327_680 / 4 + 4e9)) < 1)
        try model.submit(request(1, prompt: 100_000, output: 2000), at: 0)
        _ = model.advance(to: 15)
        #expect(model.memoryUsedBytesPerGPU == taken)
        #expect(model.gpu.powerWatts > 300)
        #expect(model.gpu.busy > 0.9)
        #expect(model.gpu.temperatureCelsius > 35)
        _ = model.advance(to: 1000)
        #expect(abs(model.gpu.powerWatts - 70) < 1)
        #expect(abs(model.gpu.temperatureCelsius - 34.5) < 1)
    }
}
