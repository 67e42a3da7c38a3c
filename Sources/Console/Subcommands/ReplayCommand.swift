import FleetSim
import Foundation
import GatewayCore

/// `signalbox replay`: policies side by side over a trace, in virtual time.
enum ReplayCommand {
    static let entry = Subcommand(
        name: "replay", arguments: "TRACE",
        summary:
            "plays a trace (Mooncake jsonl, agentic sessions, Azure CSV; .gz, or - for standard input) under "
            + "several policies in virtual time, and compares them",
        flags: fleetFlags + loadFlags + [
            Flag(
                name: "--policies", value: "LIST",
                help: "all, or some with parameters: foresight,dynamo-kv:scale=4 (all)"),
            Flag(
                name: "--hold", value: "WHETHER",
                help: "on, off: of policies that can, requests wait at the gateway or not (auto: as they do)"),
            Flag(name: "--target", value: "SECONDS", help: "to the first token (2)"),
            Flag(name: "--token-target", value: "SECONDS", help: "for each token after it (0.08)"),
            Flag(name: "--seed", value: "N", help: "of all chance: the same seed gives the same bytes (1)"),
            Subcommands.jsonFlag,
        ], argumentCount: 1...1
    ) { try run($0) }

    private static let fleetFlags = [
        Flag(name: "--nodes", value: "N", help: "engines in the fleet (8)"),
        Flag(name: "--gpu", value: "NAME", help: "their GPUs (h100)"),
        Flag(name: "--model", value: "NAME", help: "what they serve (llama-70b-fp8)"),
        Flag(name: "--tp", value: "N", help: "GPUs for each (4)"),
        Flag(
            name: "--speeds", value: "LIST",
            help: "how many times faster than that each is, repeated over the nodes: 1,3 (1)"),
        Flag(
            name: "--kv-blocks", value: "N",
            help: "blocks of 512 tokens in each one's cache (what the GPUs' memory leaves)"),
        Flag(
            name: "--engine", value: "KIND",
            help:
                "model: chunked prefill, decode interference, preemption; simple: one prefill after the other "
                + "at 8,000 tokens/s, 30 ms an output token (model)"),
        Flag(
            name: "--lose-node", value: "AT:BACK",
            help: "the first node is lost with its cache at that second, and back at the other"),
    ]

    private static let loadFlags = [
        Flag(
            name: "--speed", value: "X",
            help: "requests come so many times faster than recorded, and clients think so much faster (1)"),
        Flag(
            name: "--event-lag", value: "SECONDS",
            help: "the router sees the caches so late, its own requests at once (0: all as it is)"),
        Flag(name: "--own-late", help: "with --event-lag: its own requests too are seen only by events"),
        Flag(
            name: "--output-guess", value: "KIND",
            help: "what the router believes of an answer's length: exact, none, wrong (exact)"),
    ]

    private static func run(_ arguments: Arguments) throws -> Int32 {
        let settings = try settings(arguments)
        let policies = try NamedPolicy.list(
            arguments.value("--policies") ?? "all", overriding: try holdValue(arguments))
        let path = arguments.positional[0]
        let replay = Replay(try TraceReader.read(try TraceBytes.read(path), name: path), settings)
        var rows: [ReplayTable.Row] = []
        for policy in policies {
            let progress = ReplayProgress(policy.label, of: replay.trace.requests.count)
            let report = replay.report(policy.policy) { progress.show($0) }
            progress.end()
            rows.append(ReplayTable.Row(policy: policy, report: report))
        }
        let table = ReplayTable(replay: replay, rows: rows)
        print(arguments.has("--json") ? table.json(path).text : table.text)
        return 0
    }

    private static func holdValue(_ arguments: Arguments) throws -> [String: Double] {
        switch arguments.value("--hold") ?? "auto" {
        case "on": ["hold": 1]
        case "off": ["hold": 0]
        case "auto": [:]
        case let other: throw UsageError("--hold takes on, off or auto, not \(other)")
        }
    }

    private static func settings(_ arguments: Arguments) throws -> ReplaySettings {
        var settings = ReplaySettings(profile: try profile(arguments))
        if let kind = arguments.value("--engine") {
            settings.engine = try choice(kind, of: "--engine")
        }
        if let guess = arguments.value("--output-guess") {
            settings.outputGuess = try choice(guess, of: "--output-guess")
        }
        settings.nodes = try arguments.number("--nodes", in: 1...4096).map { Int($0) } ?? settings.nodes
        settings.kvBlocks = try arguments.number("--kv-blocks", in: 2...1e7).map { Int($0) }
        settings.speed = try arguments.number("--speed", in: 0.001...1000) ?? settings.speed
        settings.eventLag = try arguments.number("--event-lag", in: 0...3600) ?? settings.eventLag
        settings.countsOwnDispatches = !arguments.has("--own-late")
        if let speeds = arguments.value("--speeds") { settings.speeds = try numbers(speeds) }
        if let loss = arguments.value("--lose-node") { settings.loss = try self.loss(loss) }
        if let seed = try arguments.number("--seed", in: 0...9e15) { settings.seed = UInt64(seed) }
        settings.targets.firstToken = try arguments.number("--target", in: 0.001...3600) ?? 2
        settings.targets.perToken = try arguments.number("--token-target", in: 0.001...60) ?? 0.08
        settings.targets.dollarsPerHour = settings.profile.dollarsPerHour.map {
            $0 * Double(settings.nodes)
        }
        guard settings.cacheBlocks >= 2 else {
            throw UsageError(
                "\(settings.profile.name) leaves no memory for a cache; --tp and --kv-blocks give more")
        }
        return settings
    }

    private static func choice<Kind: RawRepresentable<String> & CaseIterable>(
        _ text: String, of flag: String
    ) throws -> Kind {
        guard let kind = Kind(rawValue: text) else {
            throw UsageError(
                "\(flag) takes \(Kind.allCases.map(\.rawValue).joined(separator: ", ")), not \(text)")
        }
        return kind
    }

    private static func numbers(_ text: String) throws -> [Double] {
        let numbers = text.split(separator: ",").compactMap { Double($0) }
        guard !numbers.isEmpty, numbers.count == text.split(separator: ",").count,
            numbers.allSatisfy({ (0.001...1000).contains($0) })
        else { throw UsageError("--speeds takes numbers from 0.001 to 1000 such as 1,3, not \(text)") }
        return numbers
    }

    private static func loss(_ text: String) throws -> ReplaySettings.Loss {
        let parts = text.split(separator: ":").compactMap { Double($0) }
        guard parts.count == 2, 0 <= parts[0], parts[0] < parts[1] else {
            throw UsageError("--lose-node takes two instants in seconds such as 600:900, not \(text)")
        }
        return ReplaySettings.Loss(at: parts[0], back: parts[1])
    }

    private static func profile(_ arguments: Arguments) throws -> EngineProfile {
        let gpu = arguments.value("--gpu") ?? "h100"
        let model = arguments.value("--model") ?? "llama-70b-fp8"
        let parallel = try arguments.number("--tp", in: 1...64).map { Int($0) } ?? 4
        do {
            return try EngineProfile(gpu: gpu, model: model, tensorParallel: parallel)
        } catch {
            throw UsageError("\(error)")
        }
    }
}
