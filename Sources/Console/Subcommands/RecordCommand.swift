import CLinux
import Foundation
import GatewayCore

/// Writes what a gateway tells its watchers into a file.
enum RecordCommand {
    static let entry = Subcommand(
        name: "record", arguments: "FILE",
        summary:
            "every picture of a running gateway into a file, until ^C, for play; a full file becomes FILE.1",
        flags: [
            Flag(name: "--for", value: "TIME", help: "how long; else until ^C or the gateway's end"),
            Flag(
                name: "--limit", value: "MB",
                help: "when FILE is to be renamed FILE.1, instead of an older one, and begun anew (64)"),
            Subcommands.adminFlag,
        ], argumentCount: 1...1
    ) { try run($0) }

    private static let stopSignals: [Int32] = [SIGINT, SIGTERM, SIGHUP]

    /// What comes next; the failure when the gateway is gone.
    private static func arrivals(_ client: inout AdminClient) -> Result<
        [AdminClient.Arrival], AdminClient.Failure
    > {
        do throws(AdminClient.Failure) {
            try client.flush()
            return .success(try client.receive())
        } catch { return .failure(error) }
    }

    private static func run(_ arguments: Arguments) throws -> Int32 {
        let seconds = try arguments.duration("--for")
        let megabytes = try arguments.number("--limit", in: 1...256) ?? 64
        var client = try AdminClient(path: try AdminSockets.find(arguments))
        var file = RecordingFile(arguments.positional[0], limit: Int(megabytes) * 1_048_576)
        let end = seconds.map { MonotonicClock.now() + UInt64($0 * 1e9) } ?? .max
        Signals.block(stopSignals)
        try client.watch()
        complain("recording into \(file.path); ^C ends it")
        var loss: AdminClient.Failure?
        while MonotonicClock.now() < end, loss == nil {
            if Signals.wait(for: stopSignals, milliseconds: 50) != nil { break }
            switch arrivals(&client) {
            case .success(let all): for arrival in all { try file.take(arrival) }
            case .failure(let failure): loss = failure
            }
        }
        complain("\(file.count) pictures; \(file.path) has \(NumberText.bytes(Double(file.size)))")
        if let loss { throw CommandFailure("\(loss); what came before is in the file") }
        return file.count > 0 ? 0 : 1
    }
}
