import GatewayCore
import Testing

private func parse(_ text: String) -> JSON5.Document { JSON5.parse(Array(text.utf8)) }

private func lines(_ text: String) -> [String] { parse(text).errors.map { "\($0.position): \($0.message)" } }

/// The value without its places, in a short notation of this test's own.
private func shape(_ value: JSON5Value) -> String {
    switch value.kind {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let text): "'\(text)'"
    case .array(let values): "[" + values.map(shape).joined(separator: ",") + "]"
    case .object(let members):
        "{" + members.map { "\($0.key)=\(shape($0.value))" }.joined(separator: ",") + "}"
    case .invalid: "!"
    }
}

struct JSON5Tests {
    @Test(arguments: [
        ("null", "null"), (" true // yes", "true"), ("/* no */ false", "false"),
        ("1", "1.0"), ("+1", "1.0"), ("-0.5", "-0.5"), (".5", "0.5"), ("5.", "5.0"), ("1e3", "1000.0"),
        ("1.5E-2", "0.015"), ("0", "0.0"), ("0x1F", "31.0"), ("-0XfF", "-255.0"), ("Infinity", "inf"),
        ("-Infinity", "-inf"), ("NaN", "nan"), ("+NaN", "nan"),
        ("'it''", "!"), (#"'it\'s'"#, "'it's'"), (#""a\"b""#, "'a\"b'"), (#""\x41\u0042\u{0}""#, "!"),
        (#""\uD83D\uDE00""#, "'😀'"), (#""\b\f\n\r\t\v\0\/\q""#, "'\u{8}\u{c}\n\r\t\u{b}\0/q'"),
        ("'one \\\ntwo'", "'one two'"), ("'one \\\r\ntwo'", "'one two'"),
        ("[]", "[]"), ("[1,]", "[1.0]"), ("{}", "{}"), ("{a:1,}", "{a=1.0}"),
        (
            "{$a_1: 1, 'b c': 2, \"d\": 3, ünder: 4, while: 5, \\u0061b: 6}",
            "{$a_1=1.0,b c=2.0,d=3.0,ünder=4.0,while=5.0,ab=6.0}"
        ),
        ("\u{FEFF}[\u{A0}1\u{2003},\u{2028}2]", "[1.0,2.0]"),
        ("[[1, {a: []}], 'x']", "[[1.0,{a=[]}],'x']"),
    ])
    func `every form of the language is read`(text: String, expected: String) {
        #expect(shape(parse(text).value) == expected || expected == "!")
        #expect(parse(text).errors.isEmpty == (expected != "!"))
    }

    @Test(arguments: [
        "", "  // nothing", "01", "1_000", "0x", "0xg", "1.2.3", "--1", "1e", ".", "+", "- 1", "10m", "tru",
        "'a",
        "\"a\nb\"", "[1", "{a:1", "{a}", "{:1}", "{1:1}", "[,]", "[1,,2]", "{a:1,,b:2}", "{a:1 b:2}", "{a 1}",
        "{a=1}",
        "[1}", "}", "[1]]", "/* open", "{a:}", #""\x4""#, #""\u12""#, #""\uD800""#, #""\1""#, "nul",
        "{a-b: 1}",
        "1 2", "'a' 'b'", "undefined", "{\\x61: 1}",
    ])
    func `what is no JSON5 is an error`(text: String) {
        #expect(!parse(text).errors.isEmpty)
    }

    @Test func `every value and key knows its line and column`() throws {
        let document = parse("{\n  listen: 'x',\r\n\t\"ö\": [1,\r   true],\n}")
        #expect(document.errors.isEmpty)
        guard case .object(let members) = document.value.kind else { throw Failure("no object") }
        #expect(document.value.position == SourcePosition(line: 1, column: 1))
        #expect(members.map(\.position.description) == ["2:3", "3:2"])
        #expect(members.map(\.value.position.description) == ["2:11", "3:7"])
        guard case .array(let values) = members[1].value.kind else { throw Failure("no array") }
        #expect(values.map(\.position.description) == ["3:8", "4:4"])
    }

    @Test func `several mistakes are found in one run, each at its place and once`() {
        let text = """
            {
              listen: '127.0.0.1:8080,
              limits: { retries: 2 idleSeconds: 10m, x: 01 },
              listen: "again",
              nodes: [ {name: }, {name: 'b'], 
              policy = 'random'
              weight: tru,
            }
            """
        #expect(
            lines(text) == [
                "2:11: this string has no end on its line",
                "3:23: no comma after this value",
                "3:37: \"10m\" is no number",
                "3:45: \"01\" is no number",
                "4:3: the key \"listen\" stands already at 2:3",
                "5:19: '}' where a value is expected",
                "5:32: a bracket that closes nothing",
                "6:10: no colon after the key \"policy\"",
                "6:20: no comma after this value",
                "7:11: \"tru\" is no value",
            ])
    }

    @Test func `a key that stands twice is an error that names the first place`() {
        let document = parse("{a: 1,\n b: 2, 'a': 3}")
        #expect(document.errors.map(\.message) == ["the key \"a\" stands already at 1:2"])
        #expect(document.errors.first?.position == SourcePosition(line: 2, column: 8))
        #expect(document.value["a"]?.kind == .number(1))
    }

    @Test func `a key that stands in two objects is none`() {
        #expect(parse("[{a: 1}, {a: 1, b: {a: 2}}]").errors.isEmpty)
    }

    @Test func `depth, length and the number of errors are bounded`() {
        let deepest = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(parse(deepest).errors.isEmpty)
        #expect(lines("[" + deepest + "]") == ["1:65: more than 64 brackets inside each other"])
        #expect(parse(String(repeating: "{a:[", count: 500_000)).errors.count <= JSON5.maxErrors)
        #expect(parse(String(repeating: "[1 ", count: 60)).errors.count == JSON5.maxErrors)
        #expect(parse(String(repeating: "!,", count: 10_000)).errors.count <= JSON5.maxErrors)
        let long = JSON5.parse(Array(repeating: UInt8(ascii: " "), count: JSON5.maxBytes + 1))
        #expect(long.errors.count == 1)
    }

    @Test func `a byte that is not UTF-8 is named with its place`() {
        let document = JSON5.parse(Array("{a: 1,\n  b".utf8) + [0xC3, 0x28])
        #expect(document.errors.map { "\($0.position)" } == ["2:4"])
    }

    @Test func `text of the file can't command the terminal through a message`() {
        for error in parse("[\u{1B}[31m, wo\u{1B}rd, \u{202E}x]").errors {
            #expect(error.message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x202E })
        }
    }
}

/// A test's own failure.
private struct Failure: Error {
    let text: String
    init(_ text: String) { self.text = text }
}
