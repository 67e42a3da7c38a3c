import Foundation
import GatewayCore
import Themes

/// The themes there are: those in the binary, then those of the operator, which replace one of the same name.
package enum ThemeLibrary {
    /// - problems: what is wrong with the operator's files, a line each with place and remedy.
    package static func load(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> (themes: [Theme], problems: [String]) {
        var themes: [Theme] = []
        var problems: [String] = []
        for file in EmbeddedThemes.files {
            let reading = ThemeFile.read(file.bytes)
            themes += [reading.theme].compactMap { $0 }
            problems += reading.errors.map { text($0, file: "\(file.name).json5") }
        }
        for file in files(in: environment) {
            guard let data = try? Data(contentsOf: file) else {
                problems.append("\(file.path): can't be read; check its permissions")
                continue
            }
            let reading = ThemeFile.read(Array(data))
            problems += reading.errors.map { text($0, file: file.path) }
            guard let theme = reading.theme else { continue }
            themes.removeAll { $0.name == theme.name }
            themes.append(theme)
        }
        return (themes, problems)
    }

    /// A theme that was asked for and is not there, while every file can be read.
    package struct Unknown: Error, Equatable, CustomStringConvertible {
        package var description: String
    }

    /// The theme to begin with, and what to say about it. A file with a mistake may be the one that was asked for: the
    /// usual theme then stands in.
    ///
    /// - name: nil: the usual one, dark, or monochrome where no colours are wanted.
    package static func choose(
        _ name: String?, isColored: Bool = !isColorUnwanted,
        from library: (themes: [Theme], problems: [String])
    ) throws(Unknown) -> (theme: Theme, problem: String?) {
        let usual = isColored ? "dark" : "monochrome"
        func named(_ name: String) -> Theme? { library.themes.first { $0.name == name } }
        let problem = library.problems.first
        if let theme = named(name ?? usual) { return (theme, problem) }
        if let problem, let theme = named(usual) { return (theme, problem) }
        let known = library.themes.map(\.name).joined(separator: ", ")
        throw Unknown(description: "no theme named \(name ?? usual); there are \(known)")
    }

    /// NO_COLOR is set and not empty (no-color.org).
    package static var isColorUnwanted: Bool {
        !(ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
    }

    private static func files(in environment: [String: String]) -> [URL] {
        let home = environment["HOME"] ?? ""
        let base = environment["XDG_CONFIG_HOME"].flatMap { $0.isEmpty ? nil : $0 } ?? "\(home)/.config"
        let folder = URL(fileURLWithPath: base, isDirectory: true).appendingPathComponent("signalbox/themes")
        let found = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (found ?? []).filter { $0.pathExtension == "json5" }.sorted { $0.path < $1.path }.prefix(64)
            .map { $0 }
    }

    private static func text(_ error: JSON5Error, file: String) -> String {
        "\(file):\(error.position): \(error.message); \(error.remedy)"
    }
}

/// A theme as a JSON5 file tells it.
package enum ThemeFile {
    package static func read(_ bytes: [UInt8]) -> (theme: Theme?, errors: [JSON5Error]) {
        let document = JSON5.parse(bytes)
        var errors = document.errors
        guard case .object(let members) = document.value.kind else {
            errors.append(
                error(document.value, "a theme is an object", "write { name: \"mine\", roles: { ... } }"))
            return (nil, errors)
        }
        var theme = Theme(name: "")
        for member in members {
            switch member.key {
            case "name": theme.name = string(member.value, &errors) ?? ""
            case "note": theme.note = string(member.value, &errors) ?? ""
            case "colored":
                if case .bool(let isColored) = member.value.kind {
                    theme.isColored = isColored
                } else {
                    errors.append(
                        error(member.value, "colored is \(member.value.kindName)", "write true or false"))
                }
            case "roles": theme.roles = colors(member.value, Role.allCases, &errors)
            case "surfaces": theme.surfaces = colors(member.value, Surface.allCases, &errors)
            default:
                errors.append(unknown(member, among: ["name", "note", "colored", "roles", "surfaces"]))
            }
        }
        if theme.name.isEmpty {
            errors.append(error(document.value, "the theme has no name", "add name: \"mine\""))
        }
        return (errors.isEmpty ? theme : nil, errors.sorted { $0.position < $1.position })
    }

    private static func string(_ value: JSON5Value, _ errors: inout [JSON5Error]) -> String? {
        if case .string(let text) = value.kind { return text }
        errors.append(error(value, "\(value.kindName) where a text belongs", "put it in quotes"))
        return nil
    }

    private static func colors<Name: RawRepresentable<String> & Hashable>(
        _ value: JSON5Value, _ names: [Name], _ errors: inout [JSON5Error]
    ) -> [Name: RGB] {
        guard case .object(let members) = value.kind else {
            errors.append(
                error(value, "\(value.kindName) where colours belong", "write { text: \"#d0d0d0\" }"))
            return [:]
        }
        var colors: [Name: RGB] = [:]
        for member in members {
            guard let name = Name(rawValue: member.key) else {
                errors.append(unknown(member, among: names.map(\.rawValue)))
                continue
            }
            switch member.value.kind {
            case .null: continue
            case .string(let text) where RGB(hex: text) != nil: colors[name] = RGB(hex: text)
            default:
                errors.append(
                    error(
                        member.value, "\(member.key) is no colour",
                        "write \"#rrggbb\", or null for the terminal's own"))
            }
        }
        return colors
    }

    private static func unknown(_ member: JSON5Member, among names: [String]) -> JSON5Error {
        JSON5Error(
            at: member.position, "unknown key \(member.key)",
            remedy: "use one of \(names.joined(separator: ", "))")
    }

    private static func error(_ value: JSON5Value, _ message: String, _ remedy: String) -> JSON5Error {
        JSON5Error(at: value.position, message, remedy: remedy)
    }
}
