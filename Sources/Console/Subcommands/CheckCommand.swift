import Foundation
import GatewayCore

/// Is this configuration right?
enum CheckCommand {
    static let entry = Subcommand(
        name: "check", arguments: "FILE",
        summary: "is this configuration right: every mistake with file:line:column and the fix",
        argumentCount: 1...1
    ) { arguments in
        let file = arguments.positional[0]
        let mistakes = ConfigurationCheck.run(
            text: try ConfigurationFile.read(file), fileName: file,
            environment: ProcessInfo.processInfo.environment, policies: Policies.names,
            keys: { KeyMap.read($0).issues })
        for mistake in mistakes { print(mistake) }
        if mistakes.isEmpty { print("\(file): right") }
        return mistakes.isEmpty ? 0 : 2
    }
}
