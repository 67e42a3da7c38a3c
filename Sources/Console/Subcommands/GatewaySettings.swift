import Foundation
import GatewayCore

/// The flags that set a gateway, and the configuration they make.
enum GatewaySettings {
    static let flags: [Flag] = [
        Flag(
            name: "--config", value: "FILE",
            help: "a JSON5 configuration instead of URLs; see fleet.example.json5"),
        Flag(
            name: "--listen", value: "HOST:PORT",
            help: "where clients connect (127.0.0.1:8080; port 0: any free one)"),
        Flag(
            name: "--admin", value: "SOCKET",
            help: "the admin socket ($XDG_RUNTIME_DIR/signalbox/ADDRESS.sock)"),
        Flag(
            name: "--journal", value: "DIR",
            help: "the operators' journal ($XDG_STATE_HOME/signalbox/ADDRESS)"),
        Flag(
            name: "--policy", value: "NAME[:PARAM=VALUE...]",
            help: "the routing policy: \(Policies.names.joined(separator: ", "))"),
        Flag(name: "--loops", value: "N", help: "event loops of the data plane (one a core)"),
    ]

    static func configuration(_ arguments: Arguments) throws -> GatewayConfiguration {
        var configuration = try base(arguments)
        if let listen = arguments.value("--listen") {
            do throws(InputProblem) { configuration.listen = try ListenAddress(parsing: listen) } catch {
                throw UsageError("--listen: \(error)")
            }
        }
        if let admin = arguments.value("--admin") { configuration.admin = absolute(admin) }
        if let journal = arguments.value("--journal") { configuration.journal = absolute(journal) }
        if let loops = try arguments.number("--loops", in: 1...256) { configuration.loops = Int(loops) }
        if let policy = arguments.value("--policy") {
            let named = try NamedPolicy(policy)
            do throws(InputProblem) {
                configuration.policies.standard = try PolicySetting(named.name, named.values)
            } catch {
                throw UsageError("--policy: \(error)")
            }
        }
        return configuration
    }

    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    private static func base(_ arguments: Arguments) throws -> GatewayConfiguration {
        guard let file = arguments.value("--config") else {
            do throws(UnusableURLs) { return try GatewayConfiguration(urls: arguments.positional) } catch {
                throw UsageError(error.messages.joined(separator: "\n"))
            }
        }
        guard arguments.positional.isEmpty else {
            throw UsageError("give URLs or --config, not both: the configuration names the nodes")
        }
        let text = try ConfigurationFile.read(file)
        let outcome = GatewayConfiguration.read(
            text, environment: ProcessInfo.processInfo.environment, policies: Policies.names,
            keys: { KeyMap.read($0).issues })
        switch outcome {
        case .configuration(let configuration): return configuration
        case .issues(let issues): throw ConfigurationFile.wrong(file, issues)
        }
    }
}

enum ConfigurationFile {
    static let limit = 16 * 1024 * 1024

    static func read(_ path: String) throws -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw UsageError("\(path) cannot be read: is it there, and a file, and readable for you?")
        }
        guard data.count <= limit else {
            throw UsageError("\(path) has \(data.count) bytes; the limit is \(limit)")
        }
        return Array(data)
    }

    /// The keys that `--config` sets for the console, whatever else is in it.
    static func keys(_ arguments: Arguments) throws -> KeyMap {
        guard let file = arguments.value("--config") else { return .standard }
        let document = JSON5.parse(try read(file))
        let syntax = document.errors.map {
            ConfigurationIssue(at: $0.position, $0.message, remedy: $0.remedy)
        }
        let (map, issues) = document.value["keys"].map(KeyMap.read) ?? (.standard, [])
        guard syntax.isEmpty, issues.isEmpty else { throw wrong(file, syntax + issues) }
        return map
    }

    static func wrong(_ file: String, _ issues: [ConfigurationIssue]) -> UsageError {
        UsageError("\(file) is not right:\n" + issues.map { $0.text(file: file) }.joined(separator: "\n"))
    }
}
