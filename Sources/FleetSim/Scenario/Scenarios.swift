extension Scenario {
    /// The one table: the demo's flag, its help, the captions and the documents read it.
    package static let all: [Scenario] = [
        hotPrefix, nodeLoss, cacheStorm, longContext, agents, rollingUpdate, overload,
    ]

    /// What a demo sends that tells no story.
    package static let usual = Load(kinds: [.mix])

    private static let hotPrefix = Scenario(
        name: "hot-prefix",
        summary: "everybody asks on one prompt, and the policy sends all of it to one node",
        policy: "longest-prefix",
        scenes: [
            Scene(
                seconds: 15, title: "chats, documents and agents",
                caption: "longest-prefix routes to who holds the most of a prompt. 4: why, each time.",
                load: usual),
            Scene(
                seconds: 25, title: "one prompt is everybody's",
                caption: "One long prompt is everybody's: one node does all, others idle. 1: its TPOT.",
                load: Load(kinds: [.hot], perNode: 24)),
            Scene(
                seconds: 25, title: "time to switch",
                caption: "Switch: o, choose foresight, t tries it, y. 4: what the shadows foresee of it."),
        ])

    private static let nodeLoss = Scenario(
        name: "node-loss",
        summary: "an engine dies under its streams, they go on elsewhere, it comes back cold",
        scenes: [
            Scene(
                seconds: 12, title: "all is well",
                caption: "All is well; soon h100-b1 will die. 3: streams. d drains a node, z undoes.",
                load: usual),
            Scene(
                seconds: 18, title: "h100-b1 dies",
                caption: "h100-b1 is dead, its streams go on elsewhere. 7: what is wrong. 5: events.",
                deed: .kill(node: 1)),
            Scene(
                seconds: 25, title: "h100-b1 is back",
                caption: "h100-b1 is back, its cache cold: its weight rises slowly (SLOW). 2: its story.",
                deed: .restart(node: 1)),
        ])

    private static let cacheStorm = Scenario(
        name: "cache-storm",
        summary: "a batch job's documents evict everybody's prefixes, until it ends",
        scenes: [
            Scene(
                seconds: 15, title: "chats, their prefixes warm",
                caption: "Chats share a few prompts: see HIT in 1, and KV of prefixes in 9.",
                load: Load(kinds: [.chat])),
            Scene(
                seconds: 30, title: "a batch job reads documents once",
                caption: "A batch job floods the caches: HIT falls. 4: would another policy keep more?",
                load: Load(kinds: [.chat, .scan, .scan])),
            Scene(
                seconds: 20, title: "the batch job has ended",
                caption: "The batch job has ended: HIT recovers. { goes a minute back, Esc is now.",
                load: Load(kinds: [.chat])),
        ])

    private static let longContext = Scenario(
        name: "long-context", summary: "prompts of 20,000 tokens stand in everybody's way",
        scenes: [
            Scene(
                seconds: 12, title: "chats", caption: "Short chats: see TTFT in 1. 8: who waits for prefill.",
                load: Load(kinds: [.chat])),
            Scene(
                seconds: 25, title: "long prompts among them",
                caption: "Prompts of 20,000 tokens: TTFT rises. 8: queues. 4: what others would do.",
                load: Load(kinds: [.chat, .scan, .scan, .scan])),
            Scene(
                seconds: 25, title: "the operator's turn",
                caption: "Your turn: o, Tab to w, and t to try; or o, least-requests, and compare in 4."),
        ])

    private static let agents = Scenario(
        name: "agents", summary: "tool loops on growing contexts, and one agent that runs away",
        scenes: [
            Scene(
                seconds: 15, title: "agents in their loops",
                caption: "Agents: each step sends its whole context again, mostly cached: HIT in 1.",
                load: Load(kinds: [.agents])),
            Scene(
                seconds: 30, title: "an agent runs away",
                caption: "The agent runaway loops without end. S: what it costs; choose it, c, y cancel.",
                load: Load(kinds: [.agents], runawaysPerNode: 4)),
            Scene(
                seconds: 15, title: "what is left of it",
                caption: "Cancelled, all its loops end; 5 tells who did it. /runaway in 3 finds them."),
        ])

    private static let rollingUpdate = Scenario(
        name: "rolling-update",
        summary: "every engine is started anew, one after the other, and no stream is lost",
        scenes: [
            Scene(
                seconds: 12, title: "before the update",
                caption: "An update begins soon. 5 will tell each step of it.",
                load: usual),
            Scene(
                seconds: 30, title: "each node in turn",
                caption: "Each node drains, its streams move, it starts anew. 1: states. 5: each step.",
                deed: .rollingUpdate),
            Scene(
                seconds: 15, title: "all are new",
                caption: "All are new, their caches cold: HIT in 1 recovers. No stream failed: 6."),
        ])

    private static let overload = Scenario(
        name: "overload", summary: "four times the load: requests wait in the gateway, by their priority",
        maxActive: 16,
        scenes: [
            Scene(
                seconds: 12, title: "the usual load",
                caption: "The usual load; each node takes 16 requests at a time. 8: the queues.", load: usual),
            Scene(
                seconds: 25, title: "four times the load",
                caption: "Four times the load waits in the gateway. 8: how long. 7: what is abnormal.",
                load: Load(kinds: [.mix], perNode: 48)),
            Scene(
                seconds: 20, title: "the usual load again",
                caption: "The load is the usual again: 8 shows the queue drain. { goes a minute back.",
                load: usual),
        ])
}
