import Foundation
import GatewayCore

/// A flag as it stands in the table.
struct Flag: Sendable {
    /// With its dashes: "--json".
    let name: String
    /// What stands for its value in help; nil: it takes none.
    var value: String?
    let help: String
}

/// A subcommand as it stands in the table: dispatch, help, completions and the manual read it.
struct Subcommand: Sendable {
    let name: String
    /// What follows the name: "NODE", "URL...".
    var arguments = ""
    let summary: String
    var flags: [Flag] = []
    /// How many arguments that are no flags it takes.
    var argumentCount: ClosedRange<Int> = 0...0
    let run: @Sendable (Arguments) throws -> Int32
}

/// A command line that was understood.
struct Arguments: Sendable {
    var positional: [String] = []
    fileprivate var values: [String: String] = [:]

    func has(_ flag: String) -> Bool { values[flag] != nil }
    func value(_ flag: String) -> String? { values[flag] }

    func number(_ flag: String, in range: ClosedRange<Double>) throws -> Double? {
        guard let text = values[flag] else { return nil }
        guard let number = Double(text), range.contains(number) else {
            throw UsageError(
                "\(flag) takes a number from \(brief(range.lowerBound)) to \(brief(range.upperBound)), not \(text)"
            )
        }
        return number
    }

    /// Seconds: "90", "20s", "10m", "1h".
    func duration(_ flag: String) throws -> Double? {
        guard let text = values[flag] else { return nil }
        guard let seconds = Self.seconds(text), seconds > 0 else {
            throw UsageError("\(flag) takes a time such as 20s, 10m or 1h, not \(text)")
        }
        return seconds
    }

    private static func seconds(_ text: String) -> Double? {
        let factors: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
        guard let last = text.last, let factor = factors[last] else { return Double(text) }
        return Double(text.dropLast()).map { $0 * factor }
    }

    private func brief(_ number: Double) -> String {
        number == number.rounded() ? "\(Int(number))" : "\(number)"
    }
}

/// The command line is wrong: exit status 2.
struct UsageError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }

    /// A name that is none of those that there are.
    init(_ problem: String, _ name: String, among names: [String]) {
        description = problem + nearest(name, in: names) + "; there are " + names.joined(separator: ", ")
    }
}

/// The thing was refused or failed: exit status 1.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension Subcommand {
    /// Reads what follows the subcommand's name; nil: help was asked for.
    func parse(_ words: [String]) throws -> Arguments? {
        var arguments = Arguments()
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--help" || word == "-h" { return nil }
            guard word.hasPrefix("--") else {
                arguments.positional.append(word)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            guard let flag = flags.first(where: { $0.name == parts[0] }) else {
                throw UsageError("\(name) has no flag \(parts[0])" + nearest(parts[0], in: flags.map(\.name)))
            }
            if flag.value == nil {
                guard parts.count == 1 else { throw UsageError("\(flag.name) takes no value") }
                arguments.values[flag.name] = ""
            } else if parts.count == 2 {
                arguments.values[flag.name] = parts[1]
            } else if let value = rest.popFirst() {
                arguments.values[flag.name] = value
            } else {
                throw UsageError("\(flag.name) needs a value: \(flag.name) \(flag.value ?? "")")
            }
        }
        guard argumentCount.contains(arguments.positional.count) else {
            throw UsageError("\(usage)\nsee signalbox \(name) --help")
        }
        return arguments
    }

    var usage: String {
        let words = ["usage: signalbox", name == "" ? nil : name, arguments == "" ? nil : arguments]
        return words.compactMap { $0 }.joined(separator: " ") + (flags.isEmpty ? "" : " [flags]")
    }

    var help: String {
        let rows = (flags + [Flag(name: "--help", help: "this text")]).map { flag in
            let left = "  \(flag.name)\(flag.value.map { " \($0)" } ?? "")"
            return left.padding(toLength: max(26, left.count + 2), withPad: " ", startingAt: 0) + flag.help
        }
        return "\(usage)\n\n\(summary)\n\n\(rows.joined(separator: "\n"))\n"
    }
}

/// "; did you mean ...?" where a name comes near.
func nearest(_ word: String, in names: [String]) -> String {
    NearestName.of(word, among: names).map { "; did you mean \($0)?" } ?? ""
}

/// Writes to standard error.
func complain(_ text: String) {
    FileHandle.standardError.write(Data("signalbox: \(text)\n".utf8))
}
