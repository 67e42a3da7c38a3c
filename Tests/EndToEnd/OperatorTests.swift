import Foundation
import TestSupport
import Testing

/// The operator's verbs against a gateway that runs, as a script uses them.
@Suite(.serialized)
struct OperatorTests {
    /// Two engines and a gateway before them; their nodes' names.
    private struct Pair {
        let engines: [Engine]
        let gateway: Serving
        let names: [String]

        init(_ signalbox: Signalbox) async throws {
            engines = [try await Engine(signalbox), try await Engine(signalbox)]
            gateway = try await Serving(signalbox, engines.map(\.url))
            names = try await signalbox.waitForServing(gateway.admin).names
        }
    }

    @Test func `status has the documented keys, and null for what nobody knows`() async throws {
        let signalbox = try Signalbox()
        let pair = try await Pair(signalbox)
        let (gateway, names) = (pair.gateway, pair.names)
        let status = try await signalbox.status()
        #expect(status.object["schema"] as? Int == 1)
        for key in ["policy", "totals", "nodes", "restored", "address", "adminSocket"] {
            #expect(status.object.keys.contains(key), "\(key)")
        }
        #expect("http://\(status.object["address"] ?? "")" == gateway.url)
        #expect(status.restored == nil)
        let totals = try #require(status.object["totals"] as? [String: Any])
        let requests = try #require(totals["requests"] as? [String: Any])
        for outcome in ["received", "completed", "cancelled", "failed", "refused", "retried", "active"] {
            #expect(requests[outcome] as? Int == 0, "\(outcome)")
        }
        #expect(totals["ttft"] is NSNull)
        #expect(totals["tokens"] is [String: Any])
        #expect(names.count == 2)
        for node in status.nodes {
            for key in [
                "name", "url", "state", "safeToDelete", "weight", "role", "running", "waiting", "kvUsage",
                "hbm", "prefixHitRate", "ttft", "tokensPerSecond", "dollarsPerMillionTokens",
            ] {
                #expect(node.keys.contains(key), "\(key)")
            }
            #expect(node["state"] as? String == "serving")
            #expect(node["weight"] as? Int == 100)
            #expect(node["safeToDelete"] as? Bool == false)
            #expect(node["ttft"] is NSNull, "no request was served yet")
            #expect(node["dollarsPerMillionTokens"] is NSNull, "no price is configured")
            #expect(node["prefixHitRate"] is NSNull, "no prompt was seen yet")
            #expect(node["running"] as? Double == 0, "the engine says so")
        }
    }

    @Test func `status draws a screen or writes CSV, and touches no terminal`() async throws {
        let signalbox = try Signalbox()
        let pair = try await Pair(signalbox)
        let names = pair.names
        let text = try await signalbox.run("status", "--screen", "text", "--size", "100x30")
        #expect(text.status == 0 && text.errors.isEmpty)
        #expect(!text.output.contains("\u{1B}"))
        #expect(text.output.split(separator: "\n", omittingEmptySubsequences: false).count == 31)
        for name in names { #expect(text.output.contains(name)) }
        let svg = try await signalbox.run("status", "--screen", "svg", "--view", "system")
        #expect(svg.status == 0 && svg.output.hasPrefix("<svg ") && svg.output.hasSuffix("</svg>\n"))
        let ansi = try await signalbox.run("status", "--screen", "ansi", "--theme", "light")
        #expect(ansi.status == 0)
        #expect(!ansi.output.contains(/\u{1B}(?!\[[0-9;]*m)/), "nothing but colours")

        let csv = try await signalbox.run("status", "--csv")
        #expect(csv.status == 0 && !csv.output.contains("\u{1B}"))
        let lines = csv.output.components(separatedBy: "\r\n")
        #expect(lines.count == 4 && lines[0].hasPrefix("schema,time,name,url,state,"))
        for (line, name) in zip(lines.dropFirst(), names) { #expect(line.contains(",\(name),")) }

        for (words, message) in [
            (["--csv", "--json"], "choose one"), (["tenants"], "tenants goes with --csv"),
            (["--csv", "tenant"], "did you mean tenants"), (["--screen", "png"], "text, ansi or svg"),
            (["--screen", "svg", "--view", "flet"], "did you mean fleet"),
            (["--screen", "svg", "--size", "9"], "COLUMNSxROWS"),
            (["--view", "fleet"], "goes with --screen"),
        ] {
            let result = try await signalbox.run(["status"] + words)
            #expect(result.status == 2 && result.errors.contains(message), "\(words): \(result.errors)")
        }
    }

    @Test func `drain, undrain, maintenance, weight and policy do what they say`() async throws {
        let signalbox = try Signalbox()
        let pair = try await Pair(signalbox)
        let names = pair.names
        let (one, other) = (names[0], names[1])
        let drain = try await signalbox.run("drain", one, "--wait")
        #expect(drain.status == 0)
        #expect(drain.output.contains("safe to delete"))
        var status = try await signalbox.status()
        #expect(status.state(one) == "drained")
        #expect(status.node(one)["safeToDelete"] as? Bool == true)
        #expect(status.state(other) == "serving")

        let last = try await signalbox.run("drain", other)
        #expect(last.status == 1)
        #expect(last.errors.contains("last"))
        let misnamed = try await signalbox.run("drain", other, "--force", one)
        #expect(misnamed.status == 2)
        let forced = try await signalbox.run("drain", other, "--force", other, "--wait")
        #expect(forced.status == 0, "\(forced.errors)")

        for name in names { #expect(try await signalbox.run("undrain", name).status == 0) }
        #expect(try await signalbox.run("undrain", one).status == 1, "there is no drain to undo")
        #expect(try await signalbox.run("maintenance", one).status == 0)
        #expect(try await signalbox.run("weight", other, "37").status == 0)
        #expect(try await signalbox.run("limit", other, "12").status == 0)
        #expect(try await signalbox.run("queue-capacity", "99").status == 0)
        #expect(try await signalbox.run("policy", "round-robin").status == 0)
        status = try await signalbox.status()
        #expect(status.state(one) == "maintenance")
        #expect(status.weight(other) == 37 && status.node(other)["limit"] as? Int == 12)
        #expect(status.object["queueCapacity"] as? Int == 99)
        #expect(status.policy == "round-robin")
        #expect(try await signalbox.run("policy", "foresight", "w=3").status == 0)
        let steered = try await signalbox.run("policy", "foresight", "lambda=0.5", "--reason", "incident")
        #expect(steered.output.contains("lambda=0.2 → foresight w=3 lambda=0.5"), "\(steered.output)")
        status = try await signalbox.status()
        let values = try #require(status.object["policyParameters"] as? [String: Double])
        #expect(status.policy == "foresight" && values["w"] == 3 && values["lambda"] == 0.5)
        #expect(values["feed"] == 0.05)
        let list = try await signalbox.run("policy").output
        #expect(list.contains("* foresight") && list.contains("w=3 ") && list.contains("0.5 to 8"))
        let tooMuch = try await signalbox.run("policy", "foresight", "w=9")
        #expect(tooMuch.status == 1 && tooMuch.errors.contains("give 0.5 to 8"))

        let unknownNode = try await signalbox.run("drain", "nobody")
        #expect(unknownNode.status == 1)
        #expect(unknownNode.errors.contains(one), "it lists the nodes there are")
        let unknownPolicy = try await signalbox.run("policy", "sideways")
        #expect(unknownPolicy.status == 1)
        #expect(unknownPolicy.errors.contains("least-requests"))
    }

    @Test func `undo takes the last change back, that again, and says when there is none`() async throws {
        let signalbox = try Signalbox()
        let pair = try await Pair(signalbox)
        let name = pair.names[0]
        let none = try await signalbox.run("undo")
        #expect(none.status == 1 && none.errors.contains("there is no change to undo"))
        #expect(try await signalbox.run("weight", name, "30").status == 0)
        #expect(try await signalbox.run("policy", "random").status == 0)
        let dry = try await signalbox.run("undo", "--dry-run")
        #expect(dry.status == 0 && dry.output.contains("nothing was changed: policy: random → foresight"))
        let undone = try await signalbox.run("undo", "--reason", "it was worse")
        #expect(undone.output.contains("policy: random → foresight"), "\(undone.output)")
        #expect(try await signalbox.status().policy == "foresight")
        #expect(try await signalbox.run("undo").output.contains("→ random"))
        #expect(try await signalbox.run("drain", name).status == 0)
        #expect(try await signalbox.run("undo").output.contains("\(name) serves again"))
        let status = try await signalbox.status()
        #expect(status.state(name) == "serving" && status.weight(name) == 30 && status.policy == "random")
    }

    @Test func `a dry run says what the verb would do, exits like it, and does nothing`() async throws {
        let signalbox = try Signalbox()
        let pair = try await Pair(signalbox)
        let names = pair.names
        for (words, said) in [
            (["drain", names[0], "--deadline", "10m", "--wait"], "serve, weight 100 → drain"),
            (["drain", names[0], "--migrate"], "then its streams move to other nodes"),
            (["maintenance", names[0]], "→ maintenance"), (["weight", names[0], "40"], "100 → 40"),
            (["limit", names[0], "8"], "none → 8"), (["limit", names[0], "8"], "foreseen: "),
            (["queue-capacity", "9"], "1024 → 9"),
            (["policy", "random", "--try", "5m"], "→ random, for 300 s, then"),
            (["cancel", "--session", "s"], "session s: its requests end"),
            (["autotune", "on"], "autotune on"),
        ] {
            let result = try await signalbox.run(words + ["--dry-run"])
            #expect(result.status == 0 && result.output.contains("dry run, nothing was changed: "))
            #expect(result.output.contains(said), "\(words): \(result.output)\(result.errors)")
        }
        for words in [["undrain", names[0]], ["cut", names[0]], ["keep"], ["policy", "sideways"]] {
            let dry = try await signalbox.run(words + ["--dry-run"])
            let real = try await signalbox.run(words)
            #expect(dry.status == 1 && real.status == 1)
            #expect(dry.errors == real.errors && dry.output.isEmpty)
        }
        let status = try await signalbox.status()
        #expect(status.isEverybody("serving") && status.weight(names[0]) == 100 && status.trials.isEmpty)
    }

    @Test func `a read-only fleet and a read-only shell refuse every verb, and say who wants it so`()
        async throws
    {
        let signalbox = try Signalbox()
        let engine = try await Engine(signalbox)
        let file = try signalbox.folder.write(
            "{ nodes: [{ name: \"a\", url: \"\(engine.url)\" }], readOnly: true }", to: "fleet.json5")
        let gateway = try await Serving(signalbox, ["--config", file])
        #expect(try await signalbox.waitForServing(gateway.admin).object["readOnly"] as? Bool == true)
        let verbs = [["drain", "a", "--force", "a"], ["weight", "a", "5"], ["policy", "random"]]
        for words in verbs {
            let result = try await signalbox.run(words)
            #expect(result.status == 1 && result.errors.contains("this fleet is read-only"))
            let environment = signalbox.environment.merging(["SIGNALBOX_READ_ONLY": "1"]) { $1 }
            let shell = try await Program(Signalbox.path, words, environment: environment).result()
            #expect(shell.status == 1 && shell.errors.contains("SIGNALBOX_READ_ONLY is set"))
        }
        #expect(try await signalbox.status().weight("a") == 100)
    }

    @Test func `what operators set survives a kill -9 of the gateway`() async throws {
        let signalbox = try Signalbox()
        let engines = [try await Engine(signalbox), try await Engine(signalbox)]
        let listen = "127.0.0.1:\(try freePort())"
        let first = try await Serving(signalbox, engines.map(\.url), listen: listen)
        let names = try await signalbox.waitForServing().names
        #expect(try await signalbox.run("drain", names[0], "--wait").status == 0)
        #expect(try await signalbox.run("weight", names[1], "42").status == 0)
        #expect(try await signalbox.run("policy", "power-of-two").status == 0)
        first.program.signal(SIGKILL)
        #expect(try await first.program.result().status == 128 + SIGKILL)

        let second = try await Serving(signalbox, engines.map(\.url), listen: listen)
        #expect(second.url == first.url)
        let status = try await eventually("the other node serving") {
            let status = try await signalbox.status()
            return status.state(names[1]) == "serving" ? status : nil
        }
        #expect(status.state(names[0]) == "drained")
        #expect(status.weight(names[1]) == 42)
        #expect(status.policy == "power-of-two")
        let restored = try #require(status.restored)
        for word in [names[0], "drain", names[1], "weight 42", "power-of-two"] {
            #expect(restored.contains(word), "\(restored)")
        }
    }

    @Test func `what is tried goes back by itself, over a kill -9 of the gateway too, unless it is kept`()
        async throws
    {
        let signalbox = try Signalbox()
        let engines = [try await Engine(signalbox), try await Engine(signalbox)]
        let listen = "127.0.0.1:\(try freePort())"
        let first = try await Serving(signalbox, engines.map(\.url), listen: listen)
        let names = try await signalbox.waitForServing().names
        let short = try await signalbox.run("weight", names[0], "40", "--try", "2s")
        #expect(short.output.contains("weight of \(names[0]): 100 → 40, for 2 s, then 100 again unless kept"))
        #expect(try await signalbox.run("policy", "random", "--try", "20s").status == 0)
        var status = try await signalbox.status()
        #expect(status.weight(names[0]) == 40 && status.policy == "random")
        #expect(status.trials.map { $0["what"] as? String } == ["weight of \(names[0])", "policy"])
        try await expectEventually("the weight is back") {
            try await signalbox.status().weight(names[0]) == 100
        }
        #expect(try await signalbox.run("weight", names[1], "30", "--try", "1h").status == 0)
        #expect(
            try await signalbox.run("status").output.contains(
                "weight of \(names[1]) 30 is tried, back to 100 in"))
        first.program.signal(SIGKILL)
        _ = try await first.program.result()

        let second = try await Serving(signalbox, engines.map(\.url), listen: listen)
        status = try await signalbox.waitForServing(second.admin)
        #expect(status.weight(names[0]) == 100 && status.weight(names[1]) == 30)
        try await expectEventually("the policy is back") {
            try await signalbox.status().policy == "foresight"
        }
        #expect(try await signalbox.status().trials.map { $0["before"] as? String } == ["100"])
        #expect(try await signalbox.run("keep", "--reason", "it is better").output.contains("kept"))
        #expect(try await signalbox.status().trials.isEmpty)
        #expect(try await signalbox.status().weight(names[1]) == 30)
        let nothing = try await signalbox.run("keep")
        #expect(nothing.status == 1 && nothing.errors.contains("nothing is being tried"))
        let drain = try await signalbox.run("drain", names[0], "--try", "5m")
        #expect(drain.status == 2)
    }

    @Test func `with two gateways a verb lists them and exits 2 until one is named`() async throws {
        let signalbox = try Signalbox()
        let engine = try await Engine(signalbox)
        let one = try await Serving(signalbox, [engine.url])
        let other = try await Serving(signalbox, [engine.url])
        let result = try await signalbox.run("status")
        #expect(result.status == 2)
        #expect(result.errors.contains(one.admin) && result.errors.contains(other.admin))
        #expect(result.errors.contains("--admin"))
        let named = try await signalbox.status(other.admin)
        #expect("http://\(named.object["address"] ?? "")" == other.url)
    }

    @Test func `a second gateway on the same address says what to do`() async throws {
        let signalbox = try Signalbox()
        let pair = try await Pair(signalbox)
        let (engines, gateway) = (pair.engines, pair.gateway)
        let address = gateway.url.dropFirst("http://".count)
        let second = try await signalbox.run("serve", engines[0].url, "--listen", String(address))
        #expect(second.status == 1)
        #expect(second.errors.contains("--listen") || second.errors.contains("attach"), "\(second.errors)")
        #expect(try await signalbox.status().isEverybody("serving"), "the first one goes on")
    }

    @Test func `the admin socket and the journal are their owner's alone`() async throws {
        let signalbox = try Signalbox()
        let pair = try await Pair(signalbox)
        let (gateway, names) = (pair.gateway, pair.names)
        #expect(try await signalbox.run("weight", names[0], "50").status == 0)
        let journal = signalbox.folder.file("state") + "/signalbox/\(gateway.url.dropFirst(7))/journal.jsonl"
        for path in [gateway.admin, journal] {
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600, "\(path)")
        }
    }

    @Test func `probe names the engine and its version`() async throws {
        let signalbox = try Signalbox()
        let engine = try await Engine(signalbox)
        let text = try await signalbox.run("probe", engine.url)
        #expect(text.status == 0)
        #expect(text.output.contains(/vllm \d+\.\d+/))
        let report = try Status(try await signalbox.run("probe", engine.url, "--json").output)
        #expect(report.object["engine"] as? String == "vllm")
        #expect((report.object["version"] as? String)?.isEmpty == false)
        #expect(report.object["isReady"] as? Bool == true)
        let nobody = try await signalbox.run("probe", "http://127.0.0.1:\(try freePort())")
        #expect(nobody.status == 1)
        #expect(nobody.output.contains("refused"), "\(nobody.output)")
    }

    @Test func `TERM ends the gateway only after its last stream, a second TERM at once`() async throws {
        let signalbox = try Signalbox()
        let engine = try await Engine(signalbox, "--speed", "0.2")
        for isImpatient in [false, true] {
            let gateway = try await Serving(signalbox, [engine.url])
            let status = try await signalbox.waitForServing()
            let stream = try Stream(gateway.url, try status.firstModel, tokens: isImpatient ? 5_000 : 60)
            try await expectEventually("the stream's first events") { stream.tokens > 2 }
            gateway.program.signal(SIGTERM)
            try await expectEventually("no new request is taken") {
                (try? await HTTP.get(gateway.url + "/ready").status) != 200
            }
            #expect(gateway.program.status == nil)
            #expect(!stream.hasEnded)
            if isImpatient { gateway.program.signal(SIGTERM) }
            let result = try await gateway.program.result()
            #expect(result.status == 0)
            #expect(stream.isComplete == !isImpatient)
            #expect(!FileManager.default.fileExists(atPath: gateway.admin))
        }
    }
}
