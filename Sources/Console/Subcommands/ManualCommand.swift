/// The manual page, made from the table of subcommands: `signalbox man | man -l -`.
enum ManualCommand {
    static let entry = Subcommand(
        name: "man", summary: "the manual page in roff, to standard output: signalbox man | man -l -",
        flags: [Subcommands.keysFlag]
    ) { arguments in
        print(page(try ConfigurationFile.keys(arguments)), terminator: "")
        return 0
    }

    static func page(_ map: KeyMap) -> String {
        let commands = Subcommands.all.map { entry in
            let line = ["signalbox", entry.name, entry.arguments].filter { $0 != "" }.joined(separator: " ")
            let flags = entry.flags.map { flag in
                ".TP\n.B \(escaped([flag.name, flag.value ?? ""].filter { $0 != "" }.joined(separator: " ")))\n"
                    + "\(escaped(flag.help))\n"
            }
            return ".SS \(escaped(line))\n\(escaped(entry.summary)).\n" + flags.joined()
        }
        return """
            .TH SIGNALBOX 1 "" "signalbox \(Subcommands.version)"
            .SH NAME
            signalbox \\- a terminal operations console for fleets of LLM inference engines
            .SH SYNOPSIS
            .B signalbox
            URL... | SUBCOMMAND [flags]
            .SH COMMANDS
            \(commands.joined())\
            .SH KEYS
            In the console; the name is what to type after a colon. Where no view is named a key works in all.
            \(keys(map))\
            .SH EXIT STATUS
            0 done; 1 refused or failed; 2 usage or configuration; 3 drain \\-\\-wait gave up after \\-\\-timeout.
            .SH FILES
            .TP
            .B $XDG_RUNTIME_DIR/signalbox/ADDRESS.sock
            the admin socket of the gateway that listens on ADDRESS
            .TP
            .B $XDG_STATE_HOME/signalbox/ADDRESS/journal.jsonl
            what operators did, one JSON object a line; restored at start
            .TP
            .B $XDG_CONFIG_HOME/signalbox/themes/NAME.json5
            your themes

            """
    }

    private static func keys(_ map: KeyMap) -> String {
        ActionTable.all.map { action in
            let keys = map.labels(of: action, separator: ", ")
            let name = [action.name, action.usage].filter { $0 != "" }.joined(separator: " ")
            let views = action.views.map { views in
                " In \(ViewName.allCases.filter(views.contains).map(\.title).joined(separator: ", "))."
            }
            let head = [keys, "(:\(name))"].filter { $0 != "" }.joined(separator: " ")
            return ".TP\n.B \(escaped(head))\n\(escaped(action.help + (views ?? "")))\n"
        }.joined()
    }

    /// Hyphens as typed, and no line that begins as a request.
    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("'", with: "\\(aq")
    }
}
