import Foundation
import GatewayCore

/// Which gateway a client verb means.
enum AdminSockets {
    /// `--admin`, else the one that runs here.
    static func find(_ arguments: Arguments) throws -> String {
        if let named = arguments.value("--admin") { return GatewaySettings.absolute(named) }
        let environment = ProcessInfo.processInfo.environment
        let running = StatePaths.runningSockets(environment: environment)
        switch running.count {
        case 1: return running[0]
        case 0:
            throw CommandFailure(
                "no gateway runs here (looked in \(StatePaths.runtimeDirectory(environment: environment)));"
                    + " start one with signalbox serve, or name its socket with --admin")
        default:
            throw UsageError(
                "\(running.count) gateways run here; choose one with --admin:\n  "
                    + running.joined(separator: "\n  "))
        }
    }

    /// Who gives a command: the user, and where the SSH session came from.
    static var actor: String {
        let environment = ProcessInfo.processInfo.environment
        let user = environment["USER"] ?? environment["LOGNAME"] ?? "user"
        let origin = environment["SSH_CONNECTION"]?.split(separator: " ").first
        return origin.map { "\(user) (ssh \($0))" } ?? user
    }
}
