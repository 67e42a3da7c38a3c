/// Which colour each role and surface has. nil is the terminal's own.
package struct Theme: Equatable, Sendable {
    package var name: String
    /// A sentence for the palette.
    package var note: String
    package var roles: [Role: RGB]
    package var surfaces: [Surface: RGB]
    /// False: emphasis only.
    package var isColored: Bool

    package init(
        name: String, note: String = "", roles: [Role: RGB] = [:], surfaces: [Surface: RGB] = [:],
        isColored: Bool = true
    ) {
        self.name = name
        self.note = note
        self.roles = roles
        self.surfaces = surfaces
        self.isColored = isColored
    }

    /// What a terminal is told for a style.
    package struct Look: Equatable, Hashable, Sendable {
        /// An index of the palette; nil is the terminal's own colour.
        package var foreground: Int?
        package var background: Int?
        package var isBold = false
        package var isReverse = false
        package var isUnderlined = false
    }

    package func look(of style: Style, depth: ColorDepth) -> Look {
        var look = Look()
        look.isBold = style.emphasis.contains(.bold)
        look.isReverse = style.emphasis.contains(.reverse)
        look.isUnderlined = style.emphasis.contains(.underline)
        if isColored, depth != .mono {
            look.foreground = roles[style.role]?.index(in: depth, isText: true)
            look.background = surfaces[style.surface]?.index(in: depth, isText: false)
        }
        // With few colours a surface has none of its own and is told apart by emphasis.
        let base = isColored ? surfaces[.base]?.index(in: depth, isText: false) : nil
        if look.background == base {
            switch style.surface {
            case .selected: look.isReverse.toggle()
            case .bar: look.isUnderlined = true
            case .base, .dialog: break
            }
            if !isColored || depth == .mono, style.role == .alarm || style.role == .title {
                look.isBold = true
            }
        }
        return look
    }
}
