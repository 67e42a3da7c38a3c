import GatewayCore
import Testing

@testable import FleetSim

struct TraceReaderTests {
    private func read(_ text: String) throws -> Trace {
        try TraceReader.read(Array(text.utf8), name: "t")
    }

    private func problem(_ text: String) -> String {
        do throws(TraceProblem) {
            _ = try TraceReader.read(Array(text.utf8), name: "t")
            return "none"
        } catch {
            return error.description
        }
    }

    private let head = #"{"timestamp": 0, "input_length": 700, "output_length": 3, "hash_ids": [0, 1]}"#

    @Test func `a Mooncake line becomes a request whose equal ids are equal keys`() throws {
        let second = #"{"timestamp": 1500, "input_length": 1200, "output_length": 0, "hash_ids": [0, 1, 7]}"#
        let trace = try read(head + "\r\n\n" + second)
        #expect(trace.kind == .mooncake)
        #expect(trace.requests.map(\.delay) == [0, 1.5])
        #expect(trace.requests.map(\.promptTokens) == [700, 1200])
        #expect(trace.requests.map(\.outputTokens) == [3, 1])
        #expect(trace.requests[1].chain.count == 3)
        #expect(trace.requests[1].chain.prefix(2) == trace.requests[0].chain[...])
        #expect(trace.requests[0].session == trace.requests[1].session)
    }

    @Test(arguments: [
        (#"{"timestamp": 0, "input_length": 700, "output_length": 3, "hash_ids": [0, 1"#, "t:3: no JSON"),
        (#"{"timestamp": -1, "input_length": 700, "output_length": 3, "hash_ids": [0]}"#, "t:3: timestamp"),
        (#"{"input_length": 700, "output_length": 3, "hash_ids": [0]}"#, "t:3: timestamp is missing"),
        (#"{"timestamp": 0, "input_length": 1.5, "output_length": 3, "hash_ids": [0]}"#, "t:3: input_length"),
        (#"{"timestamp": 0, "input_length": 512, "output_length": 3, "hash_ids": [0,1]}"#, "t:3: 2 hash_ids"),
        (#"{"timestamp": 0, "input_length": 512, "output_length": 3, "hash_ids": ["a"]}"#, "t:3: hash_ids"),
        (#"{"timestamp": 0, "input_length": 512, "output_length": 3}"#, "t:3: hash_ids must be a list"),
    ])
    func `a mistake is told with its line and what belongs there`(line: String, expected: String) {
        #expect(problem(head + "\n\n" + line).hasPrefix(expected))
    }

    @Test func `what is no trace is refused with a hint`() {
        #expect(problem("").contains("empty"))
        #expect(problem("{\"a\": 1}").contains("is this a trace?"))
        #expect(problem("TIMESTAMP,ContextTokens,GeneratedTokens\n").contains("no requests"))
    }

    @Test func `conversations go on from behind the deepest block that 20 different ones follow`() throws {
        let roots = (1...20).map { system in
            #"{"timestamp": 0, "input_length": 2000, "output_length": 1, "hash_ids": [0, 1, \#(system + 1), \#(system + 100)]}"#
        }
        let second =
            #"{"timestamp": 9, "input_length": 2000, "output_length": 1, "hash_ids": [0, 1, 2, 101]}"#
        let trace = try read((roots + [second]).joined(separator: "\n"))
        #expect(Set(trace.requests.map(\.session)).count == 20)
        #expect(trace.requests[0].session == trace.requests[20].session)
        #expect(trace.requests[0].session == trace.requests[0].chain[2])
    }

    @Test func `an agent's next request waits for the last answer, and a sub-agent runs beside its parent`()
        throws
    {
        let session = """
            {"id":"a","block_size":64,"requests":[{"t":0,"in":1100,"out":5,"think_time":0,"hash_ranges":[[1,17]]},\
            {"t":5,"requests":[{"t":0,"in":64,"out":1,"think_time":0,"hash_ranges":[9]}]},\
            {"t":9,"in":1700,"out":6,"think_time":2.5,"hash_ranges":[[1,17],[20,28]]}]}
            """
        let trace = try read(session + "\n" + session)
        #expect(trace.kind == .agentic)
        #expect(trace.requests.map(\.follows) == [nil, 0, 0, nil, 3, 3])
        #expect(trace.requests.map(\.delay) == [0, 0, 2.5, AgenticTrace.startSpread / 2, 0, 2.5])
        #expect(trace.requests.map(\.chain.count) == [2, 0, 3, 2, 0, 3])
        #expect(trace.requests[2].chain.prefix(2) == trace.requests[0].chain[...])
        #expect(trace.requests[0].chain[0] != trace.requests[3].chain[0], "ids are local to a session")
        #expect(trace.requests[0].session == trace.requests[2].session)
        #expect(trace.requests[0].session != trace.requests[1].session)
    }

    @Test func `an Azure file is read with its tenths of microseconds, over midnight`() throws {
        let trace = try read(
            "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-12-31 23:59:59.5000000,4808,10\n"
                + "2024-01-01 00:00:00.7500000,3180,8\n")
        #expect(trace.requests.map(\.delay) == [0, 1.25])
        #expect(trace.requests.map(\.promptTokens) == [4808, 3180])
        #expect(
            problem("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-12-31 23:59:59,1\n").hasPrefix("t:2:"))
    }

    @Test func `bucketed arrivals are spread over their bucket, others stay`() {
        var bucketed = Trace(.mooncake)
        var own = Trace(.mooncake)
        for index in 0..<100 {
            bucketed.requests.append(
                TraceRequest(delay: Double(index / 10) * 3, promptTokens: 1 + index, outputTokens: 1))
            own.requests.append(TraceRequest(delay: Double(index) * 0.3, promptTokens: 1, outputTokens: 1))
        }
        var random = SplitMix64(seed: 1)
        let before = own.requests
        ArrivalJitter.apply(to: &own, random: &random)
        #expect(own.requests == before)
        ArrivalJitter.apply(to: &bucketed, random: &random)
        for request in bucketed.requests {
            let bucket = Double((request.promptTokens - 1) / 10) * 3
            #expect(request.delay >= bucket && request.delay < bucket + 3)
        }
        #expect(zip(bucketed.requests, bucketed.requests.dropFirst()).allSatisfy { $0.delay <= $1.delay })
        #expect(Set(bucketed.requests.map(\.delay)).count == 100)
    }
}
