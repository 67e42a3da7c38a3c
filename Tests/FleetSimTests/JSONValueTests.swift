import FleetSim
import Testing

struct JSONValueTests {
    private func parse(_ text: String) throws -> JSONValue { try JSONValue.parse(Array(text.utf8)) }

    @Test func `values of every kind are read`() throws {
        let json = try parse(#" {"a":[1,-2.5e3,true,false,null],"b":{"c":"x\n\"é😀\/"},"a2":0} "#)
        #expect(json["a"]?[0]?.integer == 1)
        #expect(json["a"]?[1]?.number == -2500)
        #expect(json["a"]?[2]?.bool == true)
        #expect(json["a"]?[4] == .null)
        #expect(json["b"]?["c"]?.string == "x\n\"é😀/")
        #expect(json["none"] == nil)
        #expect(try parse(#""\u00e9\ud83d\ude00""#).string == "é😀")
    }

    @Test(arguments: [
        ("", 0), ("{", 1), ("{\"a\"}", 4), ("[1,]", 3), ("[01]", 2), ("1.", 2), ("tru", 0), ("\"a", 2),
        ("\"\u{1}\"", 1),
        ("{} x", 3), ("\"\\q\"", 3), ("{a:1}", 1), ("[1 2]", 3), ("NaN", 0),
    ])
    func `a mistake has its place`(text: String, offset: Int) {
        let problem = #expect(throws: JSONValue.Problem.self) { try parse(text) }
        #expect(problem?.offset == offset, "\(text)")
    }

    @Test func `what is nested without end is refused`() {
        #expect(throws: JSONValue.Problem.self) { try parse(String(repeating: "[", count: 100_000)) }
    }

    @Test func `quoting and reading give the text back`() throws {
        let text = "a\"b\\c\n\t\r\u{1}é😀"
        #expect(try parse(JSONValue.quoted(text)).string == text)
    }
}
