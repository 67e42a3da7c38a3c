import Foundation
import TestSupport
import Testing

/// The command line without a gateway: help, mistakes, files.
@Suite(.serialized)
struct UsageTests {
    static let subcommands = [
        "serve", "attach", "demo", "status", "drain", "undrain", "maintenance", "weight", "policy",
        "autotune", "keep", "probe",
        "check", "completions", "engine", "load",
    ]

    @Test(arguments: subcommands)
    func `each subcommand has a help that exits 0`(name: String) async throws {
        let result = try await Signalbox().run(name, "--help")
        #expect(result.status == 0)
        #expect(result.output.contains("usage: signalbox \(name)"))
        #expect(result.errors.isEmpty)
    }

    @Test func `the overview names every subcommand`() async throws {
        let result = try await Signalbox().run("--help")
        #expect(result.status == 0)
        for name in Self.subcommands {
            #expect(result.output.contains("signalbox \(name)"), "\(name)")
        }
    }

    @Test(arguments: [
        (["statsu"], "did you mean status?"), (["engin"], "did you mean engine?"),
        (["laod"], "did you mean load?"),
        (["status", "--jsn"], "did you mean --json?"),
        (["load", "http://127.0.0.1:1", "--requets", "3"], "did you mean --requests?"),
        (["engine", "--prot", "0"], "did you mean --port?"),
        (["drain"], "usage: signalbox drain NODE"), (["weight", "n", "101"], "0 to 100"),
        (["limit", "n", "0"], "1 to 100000"), (["queue-capacity", "-1"], "0 to 65536"),
        (["weight", "n", "-1"], "0 to 100"), (["weight", "n", "many"], "0 to 100"),
        (["drain", "n", "--deadline", "soon"], "such as 20s"),
        (["drain", "n", "--deadline", "5s", "--at-deadline", "explode"], "keep, cut, migrate"),
        (["serve"], "http://HOST:PORT"), (["serve", "ftp://127.0.0.1"], "http"),
        (["serve", "--config", "/nowhere"], "/nowhere"),
        (["http://127.0.0.1:1"], "needs a terminal"),
        (["attach", "--admin", "/nowhere"], "needs a terminal"),
    ])
    func `a wrong command line exits 2 and says what was meant`(words: [String], hint: String) async throws {
        let result = try await Signalbox().run(words)
        #expect(result.status == 2)
        #expect(result.errors.contains(hint), "\(result.errors)")
        #expect(result.output.isEmpty)
    }

    @Test func `without a gateway a verb fails with 1 and says how to start one`() async throws {
        let result = try await Signalbox().run("status")
        #expect(result.status == 1)
        #expect(result.errors.contains("no gateway runs here"))
        #expect(result.errors.contains("signalbox serve"))
    }

    @Test func `check names every mistake with its place and exits 2`() async throws {
        let signalbox = try Signalbox()
        let file = try signalbox.folder.write(
            """
            {
              listne: "127.0.0.1:8080",
              policy: "round-robbin",
              nodes: [
                {name: "a", url: "http://127.0.0.1:1", weight: 300},
                {name: "a", url: "http://127.0.0.1:2"},
              ],
            }
            """, to: "broken.json5")
        let result = try await signalbox.run("check", file)
        #expect(result.status == 2)
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines.allSatisfy { $0.hasPrefix(file + ":") }, "\(result.output)")
        for (place, word) in [("2:3", "listen"), ("3:11", "round-robin"), ("5:52", "weight"), ("6:", "a")] {
            #expect(
                lines.contains { $0.hasPrefix("\(file):\(place)") && $0.contains(word) }, "\(place): \(lines)"
            )
        }
        let serve = try await signalbox.run("serve", "--config", file)
        #expect(serve.status == 2)
        #expect(serve.errors.contains("\(file):2:3: "))
    }

    private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test func `doctor looks at folders, gateways and targets, and its exit status is the worst of it`()
        async throws
    {
        let signalbox = try Signalbox()
        let engine = try await Engine(signalbox)
        let gateway = try await Serving(signalbox, [engine.url])
        _ = try await signalbox.waitForServing(gateway.admin)
        let well = try await signalbox.run("doctor", engine.url)
        #expect(well.output.contains("ok       gateways  "), "\(well.output)")
        #expect(well.output.contains("ok       targets   \(engine.url): vllm"), "\(well.output)")
        #expect(well.output.contains("is yours alone"))
        let dead = try await signalbox.run("doctor", "http://127.0.0.1:\(try freePort())")
        #expect(dead.status == 2 && dead.output.contains("broken   targets"), "\(dead.output)")
        let bundle = try await signalbox.run("doctor", engine.url, "--json")
        let status = try Status(bundle.output)
        #expect(status.object["schema"] as? Int == 1 && status.object["status"] as? Int32 == bundle.status)
        #expect(!bundle.output.contains("127.0.0.1") && !bundle.output.contains(signalbox.folder.path))
    }

    @Test func `the manual page in docs is the one that the program makes`() async throws {
        let page = try String(contentsOf: root.appendingPathComponent("docs/signalbox.1"), encoding: .utf8)
        let result = try await Program(Signalbox.path, ["man"], environment: Signalbox().environment).result()
        #expect(result.output == page, "run make docs")
    }

    @Test func `check finds the example right`() async throws {
        var environment = try Signalbox().environment
        let text = try String(contentsOf: root.appendingPathComponent("fleet.example.json5"), encoding: .utf8)
        for match in text.matches(of: /apiKeyEnv: *"(\w+)"/) { environment[String(match.1)] = "key" }
        let result = try await Program(
            Signalbox.path, ["check", root.appendingPathComponent("fleet.example.json5").path],
            environment: environment
        ).result()
        #expect(result.status == 0, "\(result.output)\(result.errors)")
    }
}
