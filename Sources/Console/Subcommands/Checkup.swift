import Collectors
import Foundation
import GatewayCore

/// What doctor found, thing by thing.
struct Checkup {
    enum Level: Int32 {
        case well, warning, broken

        var word: String {
            switch self {
            case .well: "ok"
            case .warning: "warning"
            case .broken: "broken"
            }
        }
    }

    struct Finding {
        var area: String
        var level: Level
        /// What is so, and what to do where that is not well.
        var text: String
        /// The same for strangers' eyes.
        var redacted: String
    }

    /// Not shown in a bundle.
    let home: String
    private(set) var findings: [Finding] = []

    init(home: String) { self.home = home }

    /// The worst decides: 0, 1 or 2.
    var status: Int32 { findings.map(\.level.rawValue).max() ?? 0 }

    private mutating func add(_ area: String, _ level: Level, _ text: String, redacted: String? = nil) {
        let tilde = home.isEmpty ? text : text.replacing(home, with: "~")
        findings.append(Finding(area: area, level: level, text: text, redacted: redacted ?? tilde))
    }

    // MARK: what is looked at

    mutating func terminal(_ terminal: TerminalDescription, _ environment: [String: String]) {
        if !terminal.isKnown {
            add(
                "terminal", .warning,
                "TERM=\(terminal.name) is not known here; it is drawn as for xterm-256color: install ncurses-base, or set TERM"
            )
        } else if let size = terminal.size {
            let least = ScreenLayout.minimum
            let isSmall = size.columns < least.columns || size.rows < least.rows
            add(
                "terminal", isSmall ? .warning : .well,
                "TERM=\(terminal.name), \(size.columns)x\(size.rows)"
                    + (isSmall ? "; the console needs \(least.columns)x\(least.rows)" : ""))
        } else {
            add(
                "terminal", .well, "TERM=\(terminal.name); not on a terminal now: status and --json need none"
            )
        }
        let locale =
            ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }.first { !$0.isEmpty } ?? "not set"
        add(
            "locale", terminal.isUTF8 ? .well : .warning,
            terminal.isUTF8
                ? "\(locale), UTF-8" : "\(locale), no UTF-8: drawn in ASCII; set LANG=C.UTF-8")
        let isUnwanted = !(environment["NO_COLOR"] ?? "").isEmpty
        add(
            "colours", .well,
            isUnwanted ? "NO_COLOR is set: drawn without" : "\(terminal.colors) of the terminal's")
    }

    /// Where sockets and journals are kept: their owner's alone.
    mutating func folders(_ environment: [String: String]) {
        let runtime = StatePaths.runtimeDirectory(environment: environment)
        let state = (StatePaths.journalDirectory(address: "x", environment: environment) as NSString)
            .deletingLastPathComponent
        for path in [runtime, state] { folder(path) }
    }

    private mutating func folder(_ path: String) {
        let files = FileManager.default
        guard let attributes = try? files.attributesOfItem(atPath: path) else {
            let parent = Self.nearestParent(of: path)
            let kind = (try? files.attributesOfItem(atPath: parent))?[.type] as? FileAttributeType
            if kind == .typeDirectory, files.isWritableFile(atPath: parent) {
                return add("folders", .well, "\(path) will be made when it is needed")
            }
            return add(
                "folders", .broken,
                "\(path) can't be made: \(parent) is no folder of yours; set XDG_RUNTIME_DIR and XDG_STATE_HOME"
            )
        }
        let mode = (attributes[.posixPermissions] as? Int ?? 0) & 0o777
        if !files.isWritableFile(atPath: path) {
            add("folders", .broken, "\(path) is not writable for you: whose is it?")
        } else if mode & 0o077 != 0 {
            let octal = String(mode, radix: 8)
            add("folders", .warning, "\(path) is open to others (mode \(octal)): chmod 700 \(path)")
        } else {
            add("folders", .well, "\(path) is yours alone")
        }
    }

    private static func nearestParent(of path: String) -> String {
        var parent = (path as NSString).deletingLastPathComponent
        while parent.count > 1, !FileManager.default.fileExists(atPath: parent) {
            parent = (parent as NSString).deletingLastPathComponent
        }
        return parent
    }

    /// - now: Unix seconds.
    mutating func gateways(_ sockets: [String], now: Double) {
        add(
            "clock", now > 1.7e9 ? .well : .broken,
            "\(Date(timeIntervalSince1970: now).ISO8601Format()) UTC"
                + (now > 1.7e9 ? "" : ": set the clock"))
        guard !sockets.isEmpty else { return add("gateways", .well, "none runs here") }
        for socket in sockets {
            do throws(AdminClient.Failure) {
                var client = try AdminClient(path: socket)
                gateway(try client.snapshot(), at: socket, now: now)
            } catch {
                add("gateways", .broken, "\(error)", redacted: "one does not answer as it should")
            }
        }
    }

    mutating func gateway(_ snapshot: Snapshot, at socket: String, now: Double) {
        let gateway = snapshot.gateway
        let ill = snapshot.nodes.filter { $0.state == .unhealthy || $0.isStale }
        let count = NumberText.plural(snapshot.nodes.count, "node")
        add(
            "gateways", ill.isEmpty ? .well : .warning,
            "\(gateway.address), version \(gateway.version), \(count)"
                + (ill.isEmpty
                    ? "" : "; not well: " + ill.map { $0.problem ?? $0.name }.joined(separator: "; ")),
            redacted: "version \(gateway.version), \(count), \(ill.count) not well")
        if gateway.version != Subcommands.version {
            add(
                "gateways", .warning,
                "the gateway at \(gateway.address) is version \(gateway.version), this is \(Subcommands.version): use one version",
                redacted: "version \(gateway.version) beside \(Subcommands.version)")
        }
        let difference = abs(snapshot.time - now)
        if difference > 5 {
            add("clock", .warning, "the gateway's clock differs by \(NumberText.span(difference))")
        }
    }

    mutating func target(_ url: String, _ report: ProbeReport) {
        let problems = report.problems.joined(separator: "; ")
        add(
            "targets", report.isReady ? (report.problems.isEmpty ? .well : .warning) : .broken,
            "\(url): \(report.engine.rawValue) \(report.version ?? "")".trimmed
                + (report.isReady ? ", ready" : "") + (problems.isEmpty ? "" : ": \(problems)"),
            redacted: "\(report.engine.rawValue)\(report.isReady ? ", ready" : " not ready")")
    }

    // MARK: as text and as JSON

    var text: String {
        findings.map { finding in
            let left = "\(finding.level.word)  ".padding(toLength: 9, withPad: " ", startingAt: 0)
            return left + finding.area.padding(toLength: 10, withPad: " ", startingAt: 0) + finding.text
        }.joined(separator: "\n")
    }

    var json: JSONText {
        .object([
            ("schema", JSONText(1)), ("version", .string(Subcommands.version)),
            ("system", .string(ProcessInfo.processInfo.operatingSystemVersionString)),
            ("cores", JSONText(ProcessInfo.processInfo.activeProcessorCount)),
            ("status", JSONText(Int(status))),
            (
                "checks",
                .list(
                    findings.map { finding in
                        .object([
                            ("area", .string(finding.area)), ("level", .string(finding.level.word)),
                            ("text", .string(finding.redacted)),
                        ])
                    })
            ),
        ])
    }
}
