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
            Flag(name: "--headless", help: "no console: run for a while, then print a report"),
            Flag(name: "--for", value: "TIME", help: "how long (headless: 20s; else until you quit)"),
            Flag(name: "--seed", value: "N", help: "makes the load repeat (1)"),
            Flag(name: "--nodes", value: "N", help: "emulated engines (8)"),
            Flag(
                name: "--listen", value: "HOST:PORT",
                help: "where the demo's gateway listens (any free port of 127.0.0.1)"),
        ] + [Subcommands.jsonFlag] + AttachCommand.flags + ScreenPicture.flags
    ) { try run($0) }

    private static func run(_ arguments: Arguments) throws -> Int32 {
        var settings = DemoFleet.Settings()
        if let nodes = try arguments.number("--nodes", in: 1...64) { settings.nodes = Int(nodes) }
        if let seed = try arguments.number("--seed", in: 0...9e15) { settings.seed = UInt64(seed) }
        if let listen = arguments.value("--listen") { settings.listen = listen }
        let seconds = try arguments.duration("--for")
        let picture = arguments.has("--screen") ? try ScreenPicture(arguments) : nil
        let isHeadless =
            arguments.has("--headless") || arguments.has("--json") || picture != nil
            || isatty(STDIN_FILENO) != 1
            || isatty(STDOUT_FILENO) != 1
        let fleet = try DemoFleet(settings)
        defer { fleet.end() }
        if isHeadless {
            return try runHeadless(fleet, seconds ?? 20, json: arguments.has("--json"), picture)
        }
        try fleet.start()
        return try AttachCommand.run(socket: fleet.socket, ownership: .demo, arguments)
    }

    private static let stopSignals: [Int32] = [SIGINT, SIGTERM, SIGHUP]

    private static func runHeadless(
        _ fleet: DemoFleet, _ seconds: Double, json: Bool, _ picture: ScreenPicture?
    ) throws -> Int32 {
        Signals.block(stopSignals)
        try fleet.start()
        if !json, picture == nil {
            complain(
                "\(fleet.settings.nodes) emulated engines behind http://\(fleet.address), \(Int(seconds)) s of load, seed \(fleet.settings.seed)"
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
            print(picture.text(snapshot, history), terminator: "")
            return 0
        }
        let snapshot = try fleet.snapshot()
        let load = fleet.loadReport
        if json {
            print(
                "{\"seed\":\(fleet.settings.seed),\"nodes\":\(fleet.settings.nodes),\"load\":\(load.json),\"status\":\(StatusCommand.json(snapshot).text)}"
            )
        } else {
            print(StatusCommand.table(snapshot))
            print("")
            print(LoadCommand.table(load))
        }
        return load.failed == 0 && load.completed > 0 ? 0 : 1
    }
}
