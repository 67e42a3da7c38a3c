import CLinux
import FleetSim
import Foundation
import GatewayCore

/// The console on an emulated fleet under live load.
enum DemoCommand {
    static let entry = Subcommand(
        name: "demo",
        summary: "the console on an emulated fleet under live load; needs no GPU and no network",
        flags: [
            Flag(
                name: "--scenario", value: "NAME",
                help: "a story with captions, and a report at its end: "
                    + Scenario.all.map { "\($0.name): \($0.summary)" }.joined(separator: "; ")),
            Flag(name: "--headless", help: "no console: run for a while, then print a report"),
            Flag(
                name: "--for", value: "TIME",
                help:
                    "how long (headless: 20s, or the story's length; else until you quit); a story is told in it"
            ),
            Flag(name: "--seed", value: "N", help: "makes the load repeat (1)"),
            Flag(name: "--nodes", value: "N", help: "emulated engines (8)"),
            Flag(
                name: "--listen", value: "HOST:PORT",
                help: "where the demo's gateway listens (any free port of 127.0.0.1)"),
        ] + [Subcommands.jsonFlag, Subcommands.keysFlag] + AttachCommand.flags + ScreenPicture.flags
    ) { try run($0) }

    private static func run(_ arguments: Arguments) throws -> Int32 {
        let settings = try settings(arguments)
        let seconds = try arguments.duration("--for")
        let picture = arguments.has("--screen") ? try ScreenPicture(arguments) : nil
        let isHeadless =
            arguments.has("--headless") || arguments.has("--json") || picture != nil
            || isatty(STDIN_FILENO) != 1
            || isatty(STDOUT_FILENO) != 1
        // Before any thread starts: the terminal's user sends these to the console, and a thread of the load would take them.
        Signals.block(isHeadless ? stopSignals : stopSignals + [SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH])
        let fleet = try DemoFleet(settings)
        defer { fleet.end() }
        try fleet.start()
        let story = try settings.scenario.map { try DemoStory($0, on: fleet, seconds: seconds) }
        if isHeadless {
            let length = seconds ?? settings.scenario?.seconds ?? 20
            return try runHeadless(fleet, story, length, json: arguments.has("--json"), picture)
        }
        let status = try AttachCommand.run(connection(fleet, story), ownership: .demo, arguments)
        if let story { print(text(of: story.end(), settings)) }
        return status
    }

    private static func settings(_ arguments: Arguments) throws -> DemoFleet.Settings {
        var settings = DemoFleet.Settings()
        if let nodes = try arguments.number("--nodes", in: 1...64) { settings.nodes = Int(nodes) }
        if let seed = try arguments.number("--seed", in: 0...9e15) { settings.seed = UInt64(seed) }
        if let listen = arguments.value("--listen") { settings.listen = listen }
        if let name = arguments.value("--scenario") {
            guard let scenario = Scenario.named(name) else {
                throw UsageError("no scenario \(name)", name, among: Scenario.all.map(\.name))
            }
            settings.scenario = scenario
        }
        return settings
    }

    /// The gateway's, with the story's captions among what arrives.
    private static func connection(_ fleet: DemoFleet, _ story: DemoStory?) -> ConsoleConnection {
        var connection = GatewayLink(path: fleet.socket).connection
        guard let story else { return connection }
        let receive = connection.receive
        connection.receive = { receive() + (story.takeCaption().map { [.caption($0)] } ?? []) }
        return connection
    }

    private static func text(of report: StoryReport, _ settings: DemoFleet.Settings) -> String {
        let scenario = settings.scenario
        return
            "\(scenario?.name ?? ""), seed \(settings.seed), \(settings.nodes) nodes: \(scenario?.summary ?? "")\n\n"
            + report.text
    }

    private static let stopSignals: [Int32] = [SIGINT, SIGTERM, SIGHUP]

    private static func runHeadless(
        _ fleet: DemoFleet, _ story: DemoStory?, _ seconds: Double, json: Bool, _ picture: ScreenPicture?
    ) throws -> Int32 {
        let settings = fleet.settings
        if !json, picture == nil {
            complain(
                "\(settings.nodes) emulated engines behind http://\(fleet.address), \(Int(seconds)) s of load, seed \(settings.seed)"
            )
        }
        var left = seconds
        while left > 0 {
            let step = min(left, 0.5)
            if Signals.wait(for: stopSignals, milliseconds: Int(step * 1000)) != nil { break }
            left -= step
        }
        if let picture {
            var client = try AdminClient(path: fleet.socket)
            let (snapshot, history) = try client.picture()
            print(picture.text(snapshot, history, caption: story?.takeCaption()), terminator: "")
            return 0
        }
        let report = story?.end()
        let snapshot = try fleet.snapshot()
        let load = fleet.load.report
        if json {
            let told =
                report.map { ",\"scenario\":\"\(settings.scenario?.name ?? "")\",\"story\":\($0.json.text)" }
                ?? ""
            print(
                "{\"seed\":\(settings.seed),\"nodes\":\(settings.nodes)\(told),\"load\":\(load.json),\"status\":\(StatusCommand.json(snapshot).text)}"
            )
        } else {
            print(StatusCommand.table(snapshot) + "\n\n" + LoadCommand.table(load))
            if let report { print("\n" + text(of: report, settings)) }
        }
        return load.failed == 0 && load.completed > 0 ? 0 : 1
    }
}
