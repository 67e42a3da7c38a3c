import Collectors
import Foundation
import GatewayCore

/// Is all as a console and a gateway need it here?
enum DoctorCommand {
    static let entry = Subcommand(
        name: "doctor", arguments: "[URL...]",
        summary:
            "looks at terminal, locale, colours, folders, gateways, targets and clock; exits 0: well, 1: a warning, 2: broken",
        flags: [
            Flag(name: "--config", value: "FILE", help: "a configuration, whose nodes are asked too"),
            Flag(
                name: "--json",
                help: "one JSON object for a ticket: no address, no name of a node, no path of a home"),
        ], argumentCount: 0...64
    ) { arguments in
        let environment = ProcessInfo.processInfo.environment
        var checkup = Checkup(home: environment["HOME"] ?? "")
        checkup.terminal(Terminal.description(), environment)
        checkup.folders(environment)
        checkup.gateways(
            StatePaths.runningSockets(environment: environment), now: Date().timeIntervalSince1970)
        let targets = try targets(arguments)
        for target in targets {
            checkup.target(
                "\(target.url)", EngineProbe.run(target.url, apiKey: target.key, timeoutSeconds: 3))
        }
        print(arguments.has("--json") ? checkup.json.text : checkup.text)
        return checkup.status
    }

    private static func targets(_ arguments: Arguments) throws -> [(url: EngineURL, key: String?)] {
        if arguments.has("--config") {
            return try GatewaySettings.configuration(arguments).nodes.map { ($0.url, $0.apiKey) }
        }
        return try arguments.positional.map { text in
            do throws(InputProblem) { return (try EngineURL(parsing: text), nil) } catch {
                throw UsageError("\(error)")
            }
        }
    }
}
