import CLinux
import Foundation

/// Where gateways keep their admin sockets and journals (XDG base directories).
package enum StatePaths {
    /// `$XDG_RUNTIME_DIR/signalbox`, else `/tmp/signalbox-UID`.
    package static func runtimeDirectory(environment: [String: String]) -> String {
        if let base = environment["XDG_RUNTIME_DIR"], !base.isEmpty { return base + "/signalbox" }
        return "/tmp/signalbox-\(getuid())"
    }

    package static func adminSocket(address: String, environment: [String: String]) -> String {
        "\(runtimeDirectory(environment: environment))/\(address).sock"
    }

    /// `$XDG_STATE_HOME/signalbox/ADDRESS`, else below `~/.local/state`.
    package static func journalDirectory(address: String, environment: [String: String]) -> String {
        "\(stateDirectory(environment))/\(address)"
    }

    /// `$XDG_STATE_HOME/signalbox/pictures`: where a console puts the screens that its operator exports.
    package static func pictureDirectory(environment: [String: String]) -> String {
        "\(stateDirectory(environment))/pictures"
    }

    private static func stateDirectory(_ environment: [String: String]) -> String {
        if let state = environment["XDG_STATE_HOME"], !state.isEmpty { return state + "/signalbox" }
        return (environment["HOME"] ?? "/tmp") + "/.local/state/signalbox"
    }

    /// The admin sockets of the gateways that run here.
    package static func runningSockets(environment: [String: String]) -> [String] {
        let directory = runtimeDirectory(environment: environment)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return names.filter { $0.hasSuffix(".sock") }.sorted().map { directory + "/" + $0 }.filter {
            answers($0)
        }
    }

    /// Whether somebody accepts connections at a unix socket.
    package static func answers(_ path: String) -> Bool {
        guard let socket = try? Sockets.connect(to: .unix(path: path)) else { return false }
        return Sockets.pendingError(socket.raw) == 0
    }
}
