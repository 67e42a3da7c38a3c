/// What a text means. A theme says how that looks.
package enum Role: String, CaseIterable, Sendable {
    /// Ordinary values.
    case text
    /// Names of values, units, column titles.
    case label
    /// Rules, empty parts, values too old to trust.
    case faint
    /// Headings.
    case title
    /// What the cursor or a key is on.
    case accent
    case good
    case warning
    case alarm
    /// The filled part of a memory bar.
    case hbm
    /// The filled part of a KV-cache bar.
    case kv
    /// Lines of the past.
    case trend
    /// What is below such a line.
    case fill
    /// The empty part of a bar.
    case track
}

/// What a text lies on.
package enum Surface: String, CaseIterable, Sendable {
    case base
    /// Column titles and the line of keys.
    case bar
    case selected
    case dialog
}

package struct Style: Equatable, Hashable, Sendable {
    package struct Emphasis: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let bold = Emphasis(rawValue: 1)
        package static let reverse = Emphasis(rawValue: 2)
        package static let underline = Emphasis(rawValue: 4)
    }

    package var role: Role
    package var surface: Surface
    package var emphasis: Emphasis

    package init(_ role: Role = .text, on surface: Surface = .base, _ emphasis: Emphasis = []) {
        self.role = role
        self.surface = surface
        self.emphasis = emphasis
    }

    package func on(_ surface: Surface) -> Style { Style(role, on: surface, emphasis) }
}
