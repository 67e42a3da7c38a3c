import Foundation
import GatewayCore
import TestSupport

/// Another project's router, as its package on PyPI starts it, before engines that hold their answers.
struct OriginalRouter {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What it was asked, with how many requests in flight on each engine, and which engine it chose.
    struct Decision {
        var prompt: String
        var loads: [Int]
        var engine: Int
    }

    private struct InFlight {
        var number: Int
        var engine: Int
        var connection: RawConnection
    }

    /// The engines in the order of its list, which is not that of its arguments.
    private(set) var order: [Int] = []
    private(set) var decisions: [Decision] = []
    private let port: UInt16
    private let program: Program
    private let engines: HeldEngines
    private var inFlight: [InFlight] = []
    private var loads: [Int]

    /// Nil after a line that says why when it can't be had here.
    /// - Parameters:
    ///   - package: with its version.
    ///   - module: what Python runs.
    ///   - requests: so many may be decided on.
    static func start(
        _ package: String, _ module: [String], policy: String, _ options: [String], requests: Int
    ) async throws -> OriginalRouter? {
        guard let python = try PythonPackages.python(with: [package], for: package) else { return nil }
        let engines = HeldEngines(4, requests: requests + 4)
        return try await OriginalRouter(python, ["-m"] + module, ["--policy", policy] + options, engines)
    }

    private init(_ python: String, _ module: [String], _ options: [String], _ engines: HeldEngines)
        async throws
    {
        self.engines = engines
        loads = engines.urls.map { _ in 0 }
        // Free a moment ago.
        let ports = (0..<2).map { _ in RawServer { _, _ in } }.map(\.port)
        port = ports[0]
        program = try Program(
            python,
            module + ["--host", "127.0.0.1", "--port", "\(ports[0])", "--prometheus-port", "\(ports[1])"]
                + options + ["--worker-urls"] + engines.urls,
            environment: ProcessInfo.processInfo.environment)
        let program = program
        try await expectEventually("\(module) serves", within: 60, seen: { Self.log(of: program) }) {
            let ready = try? RawRequest.get("/readiness").send(port: ports[0], seconds: 5)
            return ready?.json?.healthy_workers?.number == Double(engines.urls.count)
        }
        try findOrder()
    }

    private static func log(of program: Program) -> String {
        String((program.output + program.errors).suffix(4_000))
    }

    /// While none is answered, requests to an idle fleet go to one engine after the other.
    private mutating func findOrder() throws {
        for number in loads.indices { try decide(on: String(repeating: "\(number)", count: 640)) }
        order = decisions.map(\.engine)
        guard Set(order).count == order.count else {
            throw Failure(description: "four requests went to \(order): \(Self.log(of: program))")
        }
        while !inFlight.isEmpty { try finish(0) }
    }

    /// Sends a request and waits until an engine has it, which does not answer yet.
    private mutating func decide(on prompt: String) throws {
        let number = decisions.count
        let connection = try RawRequest.completion(prompt, maxTokens: 1, #","seed":\#(number)"#).open(
            port: port)
        guard let engine = engines.engine(of: number, seconds: 30) else {
            let answer = connection.receive(seconds: 1).map { String(decoding: $0, as: UTF8.self) }
            throw Failure(
                description: "no engine got request \(number): \(answer ?? "") \(Self.log(of: program))")
        }
        decisions.append(Decision(prompt: prompt, loads: loads, engine: engine))
        inFlight.append(InFlight(number: number, engine: engine, connection: connection))
        loads[engine] += 1
    }

    private mutating func finish(_ place: Int) throws {
        let request = inFlight.remove(at: place)
        engines.answer(request.number)
        let answer = RawAnswer(try request.connection.receiveAll(seconds: 30))
        guard answer?.status == 200 else {
            throw Failure(
                description:
                    "request \(request.number): \(answer?.text ?? "no answer") \(Self.log(of: program))")
        }
        loads[request.engine] -= 1
    }

    /// The first quarter one at a time; then a tide of up to 120 in flight, in which those on the first engine of the
    /// list stay longest.
    mutating func decide(on count: Int, of prompts: inout PromptStream, random: inout SplitMix64) throws {
        for number in 0..<count {
            try decide(on: prompts.next())
            let tide = number < count / 4 ? 0 : Int(60 - 60 * cos(Double(number - count / 4) / 40))
            while inFlight.count > tide {
                let others = inFlight.indices.filter { inFlight[$0].engine != order[0] }
                let leaves = others.isEmpty || random.next() % 5 == 0 ? Array(inFlight.indices) : others
                try finish(leaves[Int(random.next() % UInt64(leaves.count))])
            }
        }
    }
}
