/// How many colours a terminal has.
package enum ColorDepth: Int, Sendable, CaseIterable {
    case mono = 0
    case eight = 8
    case sixteen = 16
    case full = 256
    /// A colour's number is its red, green and blue, as TERM=xterm-direct has it.
    case direct = 0x100_0000

    package init(colors: Int) {
        self =
            colors > 256
            ? .direct : colors == 256 ? .full : colors >= 16 ? .sixteen : colors >= 8 ? .eight : .mono
    }
}

/// A colour of a theme, in sRGB.
package struct RGB: Equatable, Hashable, Sendable {
    package var red: UInt8
    package var green: UInt8
    package var blue: UInt8

    package init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// "#rrggbb"; nil for anything else.
    package init?(hex: String) {
        guard hex.count == 7, hex.first == "#", let value = UInt32(hex.dropFirst(), radix: 16) else {
            return nil
        }
        self.init(UInt8(value >> 16 & 0xFF), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF))
    }

    /// Relative luminance of WCAG 2.1.
    package var luminance: Double {
        func linear(_ part: UInt8) -> Double {
            let value = Double(part) / 255
            return value <= 0.04045 ? value / 12.92 : Self.power((value + 0.055) / 1.055)
        }
        return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    /// x to the power 2.4, as x² · ⁵√x².
    private static func power(_ base: Double) -> Double {
        let square = base * base
        var root = max(square, 1e-6)
        for _ in 0..<60 { root -= (root - square / (root * root * root * root)) / 5 }
        return square * root
    }

    /// Contrast ratio of WCAG 2.1, 1...21.
    package func contrast(with other: RGB) -> Double {
        let (low, high) = (min(luminance, other.luminance), max(luminance, other.luminance))
        return (high + 0.05) / (low + 0.05)
    }

    /// The index of the nearest colour in a terminal's palette; nil where it should use its own default.
    package func index(in depth: ColorDepth, isText: Bool) -> Int? {
        switch depth {
        case .mono: nil
        // 1 to 7 are still the palette's.
        case .direct: max(Int(red) << 16 | Int(green) << 8 | Int(blue), 8)
        case .full: nearest256
        case .sixteen: nearest16
        case .eight: isText ? hue : nil
        }
    }

    /// xterm's 6x6x6 cube (16...231) and its greys (232...255).
    private var nearest256: Int {
        let levels = [0, 95, 135, 175, 215, 255]
        func step(_ part: UInt8) -> Int {
            levels.indices.min { abs(levels[$0] - Int(part)) < abs(levels[$1] - Int(part)) } ?? 0
        }
        let (r, g, b) = (step(red), step(green), step(blue))
        let cube = RGB(UInt8(levels[r]), UInt8(levels[g]), UInt8(levels[b]))
        let mean = (Int(red) + Int(green) + Int(blue)) / 3
        let greyStep = min(max((mean - 3) / 10, 0), 23)
        let level = UInt8(8 + greyStep * 10)
        let grey = RGB(level, level, level)
        return distance(grey) < distance(cube) ? 232 + greyStep : 16 + 36 * r + 6 * g + b
    }

    /// One of the same hue where one is about as light, so that an alarm stays red; else the nearest.
    private var nearest16: Int {
        let palette = Self.sixteen
        func lightness(_ index: Int) -> Double { abs(palette[index].luminance - luminance) }
        if let hue {
            let index = [hue, hue + 8].min { lightness($0) < lightness($1) } ?? hue
            if lightness(index) < 0.25 { return index }
        }
        return palette.indices.min { distance(palette[$0]) < distance(palette[$1]) } ?? 7
    }

    /// One of the six hues; nil for greys, which are the terminal's own text colour.
    private var hue: Int? {
        let parts = [Int(red), Int(green), Int(blue)]
        let (low, high) = (parts.min() ?? 0, parts.max() ?? 0)
        guard high - low > 50 else { return nil }
        let middle = (low + high) / 2
        return parts.enumerated().reduce(0) { $0 | ($1.element > middle ? 1 << $1.offset : 0) }
    }

    private func distance(_ other: RGB) -> Int {
        let (r, g, b) = (
            Int(red) - Int(other.red), Int(green) - Int(other.green), Int(blue) - Int(other.blue)
        )
        return 3 * r * r + 5 * g * g + 2 * b * b
    }

    /// The sixteen colours as xterm sets them.
    private static let sixteen = [
        RGB(0, 0, 0), RGB(205, 0, 0), RGB(0, 205, 0), RGB(205, 205, 0), RGB(0, 0, 238), RGB(205, 0, 205),
        RGB(0, 205, 205), RGB(229, 229, 229), RGB(127, 127, 127), RGB(255, 0, 0), RGB(0, 255, 0),
        RGB(255, 255, 0),
        RGB(92, 92, 255), RGB(255, 0, 255), RGB(0, 255, 255), RGB(255, 255, 255),
    ]
}
