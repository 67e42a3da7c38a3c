/// Completions for shells, made from the table of subcommands.
enum CompletionsCommand {
    static let entry = Subcommand(
        name: "completions", arguments: "bash|zsh|fish",
        summary: "completions for a shell, to standard output",
        argumentCount: 1...1
    ) { arguments in
        switch arguments.positional[0] {
        case "bash": print(bash)
        case "zsh": print("autoload -U +X bashcompinit && bashcompinit\n" + bash)
        case "fish": print(fish)
        case let other: throw UsageError("completions are for bash, zsh or fish, not \(other)")
        }
        return 0
    }

    private static var named: [Subcommand] { Subcommands.all.filter { $0.name != "" } }

    private static var bash: String {
        let cases = named.map { entry in
            "        \(entry.name)) words=\"\((entry.flags.map(\.name) + ["--help"]).joined(separator: " "))\" ;;"
        }
        return """
            _signalbox() {
                local words
                case ${COMP_WORDS[1]} in
            \(cases.joined(separator: "\n"))
                    *) words="" ;;
                esac
                if [ "$COMP_CWORD" = 1 ]; then words="\(named.map(\.name).joined(separator: " "))"; fi
                COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _signalbox signalbox
            """
    }

    private static var fish: String {
        named.flatMap { entry in
            [
                "complete -c signalbox -n __fish_use_subcommand -a \(entry.name) -d '\(entry.summary.replacing("'", with: ""))'"
            ]
                + entry.flags.map { flag in
                    "complete -c signalbox -n '__fish_seen_subcommand_from \(entry.name)' -l \(flag.name.dropFirst(2))"
                        + " -d '\(flag.help.replacing("'", with: ""))'"
                }
        }.joined(separator: "\n")
    }
}
