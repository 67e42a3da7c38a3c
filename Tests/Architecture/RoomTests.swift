import Testing

/// The rooms and who may know whom: the design's second section.
struct RoomTests {
    /// What each target may import of this package. Arrows point one way.
    private static let arrows: [String: Set<String>] = [
        "Sources/GatewayCore": ["CLinux"],
        "Sources/Collectors": ["GatewayCore", "CLinux"],
        "Sources/FleetSim": ["GatewayCore", "CLinux"],
        "Sources/Console": ["GatewayCore", "Collectors", "FleetSim", "CNcurses", "CLinux", "Themes"],
        "Sources/signalbox": ["Console"],
        "Themes": [],
    ]
    private static let system: Set<String> = ["Dispatch", "Foundation", "Glibc", "Synchronization"]

    private static func imports(_ text: SwiftText) -> [(module: String, line: Int)] {
        text.codeLines.enumerated().compactMap { index, line in
            let words = line.split(whereSeparator: { $0 == " " })
            guard let place = words.firstIndex(of: "import"), place + 1 < words.count,
                words[..<place].allSatisfy({ $0.hasPrefix("@") || $0 == "package" || $0 == "public" })
            else { return nil }
            let kinds: Set<Substring> = [
                "struct", "class", "enum", "protocol", "func", "let", "var", "typealias",
            ]
            let module = words[place + (kinds.contains(words[place + 1]) ? 2 : 1)]
            return (String(module.prefix { $0 != "." }), index + 1)
        }
    }

    @Test func `imports are read with their attributes`() {
        let text = SwiftText(
            "import A\n@testable import B\npackage import struct C.D\n// import E\nlet importF = 1")
        #expect(Self.imports(text).map(\.module) == ["A", "B", "C"])
        #expect(Self.imports(text).map(\.line) == [1, 2, 3])
    }

    @Test func `imports point one way`() {
        for (target, allowed) in Self.arrows {
            for (file, text) in SourceTree.swift(in: target) {
                for (module, line) in Self.imports(text) where !Self.system.contains(module) {
                    #expect(
                        allowed.contains(module), "\(file.path):\(line): \(target) may not import \(module)")
                }
            }
        }
        let targets = Set(SourceTree.swift.map(\.path).filter { $0.hasPrefix("Sources/") }.map(Self.target))
        #expect(targets.isSubset(of: Self.arrows.keys), "a target without a line in the table")
    }

    private static func target(_ path: String) -> String {
        path.split(separator: "/").prefix(2).joined(separator: "/")
    }

    @Test func `only the subcommands know the simulator, and only the screen knows ncurses`() {
        for (file, text) in SourceTree.swift(in: "Sources/Console") {
            for (module, line) in Self.imports(text) {
                let place: Comment = "\(file.path):\(line): \(module)"
                if module == "FleetSim" {
                    #expect(file.path.hasPrefix("Sources/Console/Subcommands/"), place)
                }
                if module == "CNcurses" { #expect(file.path.hasPrefix("Sources/Console/Screen/"), place) }
            }
        }
    }

    @Test(arguments: ["Fleet", "Routing", "Ledger"])
    func `a lower room of the gateway never names a type of Proxy or Wire`(room: String) {
        let mine = Self.declared(in: "Sources/GatewayCore/\(room)")
        let theirs = Self.declared(in: "Sources/GatewayCore/Proxy").union(
            Self.declared(in: "Sources/GatewayCore/Wire")
        )
        .subtracting(mine)
        for (file, text) in SourceTree.swift(in: "Sources/GatewayCore/\(room)") {
            for (word, line) in text.words {
                #expect(!theirs.contains(String(word)), "\(file.path):\(line): names \(word)")
            }
        }
    }

    /// Names of types declared outside of others: those inside may be called alike in two rooms.
    private static func declared(in folder: String) -> Set<String> {
        let kinds = ["struct", "class", "enum", "actor", "protocol", "typealias"]
        var names: Set<String> = []
        for (_, text) in SourceTree.swift(in: folder) {
            for line in text.codeLines where line.first.map({ !$0.isWhitespace }) ?? false {
                let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
                for (kind, name) in zip(words, words.dropFirst()) where kinds.contains(String(kind)) {
                    names.insert(String(name))
                }
            }
        }
        return names
    }

    @Test func `the names of Wire are found`() {
        #expect(
            Self.declared(in: "Sources/GatewayCore/Wire").isSuperset(of: [
                "ByteQueue", "Poller", "Sockets",
            ]))
    }

    @Test func `no vendor's metric name in the gateway`() {
        let names = ["vllm:", "sglang:", "DCGM_", "llamacpp:", "tgi_", "trtllm_"]
        for (file, text) in SourceTree.swift(in: "Sources/GatewayCore") {
            for (index, line) in text.uncommentedLines.enumerated() {
                for name in names { #expect(!line.contains(name), "\(file.path):\(index + 1): \(name)") }
            }
        }
    }

    @Test(arguments: ["Wire", "Proxy", "Routing", "Fleet", "Ledger"])
    func `the data plane does without Foundation and Dispatch`(room: String) {
        for (file, text) in SourceTree.swift(in: "Sources/GatewayCore/\(room)") {
            for (module, line) in Self.imports(text) {
                #expect(
                    !module.hasPrefix("Foundation") && module != "Dispatch",
                    "\(file.path):\(line): imports \(module)")
            }
        }
    }
}
