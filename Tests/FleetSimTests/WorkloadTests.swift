import FleetSim
import GatewayCore
import Testing

struct WorkloadTests {
    /// The requests of a workload's first sessions, with what the emulated engine would answer.
    private func requests(_ kind: WorkloadKind, seed: UInt64, sessions: Int, maxTokens: Int? = nil)
        -> [WorkloadRequest]
    {
        var workload = Workload(kind: kind, seed: seed, model: "tiny", maxTokens: maxTokens)
        var all: [WorkloadRequest] = []
        for _ in 0..<sessions {
            var session = workload.nextSession()
            var reply = ""
            while let request = session.next(after: reply) {
                all.append(request)
                reply = "answer \(request.turn) with \"quotes\"\n"
            }
        }
        return all
    }

    private func messages(_ request: WorkloadRequest) throws -> [JSONValue] {
        try #require(try JSONValue.parse(Array(request.body.utf8))["messages"]?.array)
    }

    @Test(arguments: WorkloadKind.allCases)
    func `a seed makes a run repeat, and another seed another run`(kind: WorkloadKind) {
        let first = requests(kind, seed: 3, sessions: 12)
        #expect(first == requests(kind, seed: 3, sessions: 12))
        #expect(first != requests(kind, seed: 4, sessions: 12))
    }

    @Test func `each request is a valid body that begins with the one before and its answer`() throws {
        for kind in WorkloadKind.allCases {
            var before: [JSONValue] = []
            for request in requests(kind, seed: 8, sessions: 6) {
                let json = try JSONValue.parse(Array(request.body.utf8))
                #expect(json["model"]?.string == "tiny")
                #expect(json["stream"]?.bool == true)
                #expect(json["max_tokens"]?.integer == request.maxTokens)
                let all = try messages(request)
                if request.turn > 0 {
                    #expect(Array(all.prefix(before.count)) == before)
                    #expect(
                        all[before.count]["content"]?.string == "answer \(request.turn - 1) with \"quotes\"\n"
                    )
                }
                before = all
            }
        }
    }

    @Test func `chats share a few system prompts of 500 to 3000 tokens`() throws {
        let prompts = try requests(.chat, seed: 1, sessions: 60).filter { $0.turn == 0 }.map {
            try #require(messages($0)[0]["content"]?.string)
        }
        #expect(prompts.count == 60)
        #expect((3...6).contains(Set(prompts).count))
        #expect(prompts.allSatisfy { (2000...12_000).contains($0.utf8.count) })
    }

    @Test func `documents are asked about several times`() throws {
        for request in requests(.documents, seed: 1, sessions: 20) where request.turn == 0 {
            let document = try #require(messages(request)[0]["content"]?.string)
            #expect((8000...80_000).contains(document.utf8.count))
        }
        let turns = requests(.documents, seed: 1, sessions: 20).count
        #expect((40...100).contains(turns))
    }

    @Test func `agents name their session, hurry, and grow`() {
        let all = requests(.agents, seed: 1, sessions: 10)
        #expect(all.allSatisfy { $0.namesSession })
        #expect(Set(all.map(\.session)).count == 10)
        let thinks = all.filter { $0.turn > 0 }.map(\.thinkSeconds).sorted()
        #expect((0.3...1.2).contains(thinks[thinks.count / 2]))
        let first = all.filter { $0.turn == 0 }.map(\.body.utf8.count)
        let tenth = all.filter { $0.turn == 10 }.map(\.body.utf8.count)
        #expect(tenth.reduce(0, +) / max(1, tenth.count) > first.reduce(0, +) / first.count + 10_000)
        let chats = requests(.chat, seed: 1, sessions: 40).filter { $0.turn > 0 }.map(\.thinkSeconds).sorted()
        #expect((3...8).contains(chats[chats.count / 2]))
    }

    @Test func `of three agents in a row the first begins the other two, and nobody else begins any`() {
        let first = requests(.agents, seed: 1, sessions: 6).filter { $0.turn == 0 }
        let (one, four) = ("session-1", "session-4")
        #expect(first.map(\.parent) == [nil, one, one, nil, four, four])
        #expect(requests(.chat, seed: 1, sessions: 9).allSatisfy { $0.parent == nil })
    }

    @Test func `a mix has all three, and a limit holds for every answer`() {
        let all = requests(.mix, seed: 1, sessions: 200, maxTokens: 50)
        let agents = Set(all.filter(\.namesSession).map(\.session)).count
        #expect((40...80).contains(agents))
        #expect(all.allSatisfy { $0.maxTokens <= 50 })
    }

    @Test func `in virtual time most prompt tokens are found in an engine's cache`() throws {
        var model = EngineModel(profile: EngineProfile.all[0])
        var workload = Workload(kind: .mix, seed: 2, model: "tiny")
        var now = 0.0
        for id in 1...40 {
            var session = workload.nextSession()
            var reply = ""
            while let request = session.next(after: reply) {
                let prompt = try messages(request).reduce(into: [UInt32]()) { tokens, message in
                    Tokenizer.append(message["content"]?.string ?? "", to: &tokens)
                }
                let (answer, ended) = Babble.answer(to: prompt, limit: request.maxTokens, ignoringEnd: false)
                try model.submit(
                    EngineRequest(
                        id: UInt64(id), promptTokens: prompt.count, outputTokens: answer.count,
                        endsByItself: ended,
                        chain: Tokenizer.chain(prompt + answer, blockTokens: 16, root: 1)), at: now)
                while let next = model.nextInstant { _ = model.advance(to: next) }
                now = model.instant + request.thinkSeconds
                _ = model.advance(to: now)
                reply = Tokenizer.text(answer)
            }
        }
        let share = Double(model.meters.prefixHits) / Double(model.meters.prefixQueries)
        #expect((0.7...0.98).contains(share))
        #expect(model.cache.inconsistency() == nil)
    }
}
