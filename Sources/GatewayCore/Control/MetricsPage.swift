/// The gateway's own /metrics, in Prometheus text.
enum MetricsPage {
    static func render(_ snapshot: Snapshot) -> [UInt8] {
        var page = Page()
        let totals = snapshot.totals
        page.family("signalbox_requests_total", "counter", "Requests that clients sent.")
        page.sample("signalbox_requests_total", "", Double(totals.requests))
        page.family("signalbox_requests_ended_total", "counter", "Requests by outcome.")
        for (outcome, count) in [
            ("completed", totals.completed), ("cancelled", totals.cancelled), ("failed", totals.failed),
            ("refused", totals.refused),
        ] { page.sample("signalbox_requests_ended_total", "{outcome=\"\(outcome)\"}", Double(count)) }
        page.family(
            "signalbox_retries_total", "counter", "Attempts sent again to another node before the first byte."
        )
        page.sample("signalbox_retries_total", "", Double(totals.retried))
        page.family(
            "signalbox_retries_denied_total", "counter",
            "Failed attempts not sent again: the budget was spent.")
        page.sample("signalbox_retries_denied_total", "", Double(totals.retriesDenied))
        page.family("signalbox_requests_refused_total", "counter", "Requests refused for load, by reason.")
        for (reason, count) in [
            ("queue-full", totals.queueFull), ("queue-expired", totals.queueExpired), ("memory", totals.shed),
        ] { page.sample("signalbox_requests_refused_total", "{reason=\"\(reason)\"}", Double(count)) }
        page.family(
            "signalbox_migrations_total", "counter", "Streams that went on on another node, each time.")
        page.sample("signalbox_migrations_total", "", Double(totals.migrated))
        page.family(
            "signalbox_migrations_inexact_total", "counter", "Of them: not exactly, by the operator's leave.")
        page.sample("signalbox_migrations_inexact_total", "", Double(totals.migratedInexactly))
        page.family(
            "signalbox_streams_not_migratable_total", "counter",
            "Streams that could not have gone on elsewhere.")
        page.sample("signalbox_streams_not_migratable_total", "", Double(totals.notMigratable))
        page.family("signalbox_slow_readers_total", "counter", "Clients closed since they did not read.")
        page.sample("signalbox_slow_readers_total", "", Double(totals.slowReaders))
        page.family(
            "signalbox_retained_bytes", "gauge", "Bodies, token ids and texts kept so that streams can go on."
        )
        page.sample("signalbox_retained_bytes", "", Double(totals.retainedBytes))
        page.family("signalbox_requests_active", "gauge", "Requests being relayed now.")
        page.sample("signalbox_requests_active", "", Double(totals.active))
        page.family("signalbox_requests_queued", "gauge", "Requests waiting in the gateway for a node.")
        page.sample("signalbox_requests_queued", "", Double(snapshot.gateway.queued))
        queues(snapshot, &page)
        page.family("signalbox_client_connections", "gauge", "Client connections open.")
        page.sample("signalbox_client_connections", "", Double(snapshot.gateway.clientConnections))
        page.family("signalbox_connections_refused_total", "counter", "Connections turned away at the limit.")
        page.sample("signalbox_connections_refused_total", "", Double(snapshot.gateway.connectionsRefused))
        page.family("signalbox_accept_pauses_total", "counter", "Pauses for want of file descriptors.")
        page.sample("signalbox_accept_pauses_total", "", Double(snapshot.gateway.acceptPauses))
        page.family(
            "signalbox_settlements_dropped_total", "counter", "Ended requests that the ledger missed.")
        page.sample("signalbox_settlements_dropped_total", "", Double(snapshot.gateway.settlementsDropped))
        page.family("signalbox_tokens_total", "counter", "Tokens by kind; cached ones are part of prompt.")
        for (kind, count) in [
            ("prompt", totals.promptTokens), ("cached", totals.cachedTokens), ("output", totals.outputTokens),
            ("wasted", totals.wastedTokens),
        ] { page.sample("signalbox_tokens_total", "{kind=\"\(kind)\"}", Double(count)) }
        page.family("signalbox_dollars_total", "counter", "What the requests' node time cost.")
        page.sample("signalbox_dollars_total", "", totals.dollars)
        tenants(snapshot, &page)
        memory(snapshot.gateway.memory, &page)
        nodes(snapshot, &page)
        return Array(page.text.utf8)
    }

    private static func queues(_ snapshot: Snapshot, _ page: inout Page) {
        page.family("signalbox_queue_requests", "gauge", "Requests waiting, by model and class of priority.")
        for queue in snapshot.queues {
            let model = escape(queue.model)
            for (priority, count) in [("high", queue.high), ("normal", queue.normal), ("low", queue.low)] {
                page.sample(
                    "signalbox_queue_requests", "{model=\"\(model)\",priority=\"\(priority)\"}", Double(count)
                )
            }
        }
        let gauges: [(String, String, (QueueStatus) -> Double)] = [
            ("signalbox_queue_tokens", "Prompt tokens waiting, by model; estimated.", { Double($0.tokens) }),
            ("signalbox_queue_oldest_seconds", "Age of the oldest request waiting.", { $0.oldestSeconds }),
            (
                "signalbox_queue_drain_per_second", "Requests leaving the queue for a node.",
                { $0.drainPerSecond }
            ),
        ]
        for (name, help, value) in gauges {
            page.family(name, "gauge", help)
            for queue in snapshot.queues {
                page.sample(name, "{model=\"\(escape(queue.model))\"}", value(queue))
            }
        }
    }

    /// Of those that are listed; no label stands for the rest, whose sum falls when one of them is listed again.
    private static func tenants(_ snapshot: Snapshot, _ page: inout Page) {
        let rows = snapshot.spending.filter { $0.kind == .tenant && $0.others == nil }
            .map { (tenant: escape($0.name ?? ""), spending: $0.ended) }
        page.family(
            "signalbox_tenant_requests_total", "counter",
            "Requests that ended, by tenant: the 64 that spent most in the last hour.")
        for row in rows {
            page.sample(
                "signalbox_tenant_requests_total", "{tenant=\"\(row.tenant)\"}",
                Double(row.spending.requests))
        }
        page.family("signalbox_tenant_tokens_total", "counter", "Tokens by tenant and kind.")
        for row in rows {
            for (kind, count) in [
                ("prompt", row.spending.promptTokens), ("cached", row.spending.cachedTokens),
                ("output", row.spending.outputTokens), ("wasted", row.spending.wastedTokens),
            ] {
                page.sample(
                    "signalbox_tenant_tokens_total", "{tenant=\"\(row.tenant)\",kind=\"\(kind)\"}",
                    Double(count))
            }
        }
        let dollars: [(String, String, (Spending) -> Double)] = [
            ("signalbox_tenant_dollars_total", "What its requests' node time cost.", \.dollars),
            ("signalbox_tenant_wasted_dollars_total", "Of it: gave no whole answer.", \.waste.total),
        ]
        for (name, help, value) in dollars {
            page.family(name, "counter", help)
            for row in rows { page.sample(name, "{tenant=\"\(row.tenant)\"}", value(row.spending)) }
        }
    }

    private static func memory(_ memory: MemoryStatus, _ page: inout Page) {
        page.family("signalbox_memory_bytes", "gauge", "The gateway's memory by what holds it.")
        for (part, bytes) in [
            ("resident", memory.residentBytes), ("prefix_index", memory.prefixIndexBytes),
            ("history", memory.historyBytes), ("ledger", memory.ledgerBytes),
            ("retained", memory.retainedBytes), ("queues", memory.queueBytes),
        ] { if let bytes { page.sample("signalbox_memory_bytes", "{part=\"\(part)\"}", bytes) } }
        page.family("signalbox_open_files", "gauge", "File descriptors open.")
        if let open = memory.openFiles { page.sample("signalbox_open_files", "", Double(open)) }
        page.family("signalbox_open_files_limit", "gauge", "File descriptors that may be open.")
        if let limit = memory.openFileLimit { page.sample("signalbox_open_files_limit", "", Double(limit)) }
    }

    private static func faults(_ snapshot: Snapshot, _ page: inout Page) {
        page.family("signalbox_stream_faults_total", "counter", "Faults seen in streams, by node and kind.")
        for node in snapshot.nodes {
            for fault in node.faults {
                page.sample(
                    "signalbox_stream_faults_total",
                    "{node=\"\(escape(node.name))\",fault=\"\(fault.fault)\"}", Double(fault.count))
            }
        }
    }

    private static func shadows(_ snapshot: Snapshot, _ page: inout Page) {
        let gauges: [(String, String, (ShadowRow) -> Double?)] = [
            (
                "signalbox_shadow_ttft_seconds_mean",
                "Mean time to first token that a policy would have given.",
                \.ttftMean
            ),
            ("signalbox_shadow_ttft_seconds_p99", "99th percentile of the same.", \.ttftP99),
            (
                "signalbox_shadow_hit_ratio", "Cached share of prompt tokens that it would have had.",
                \.hitRate
            ),
        ]
        for (name, help, value) in gauges {
            page.family(name, "gauge", help)
            for row in snapshot.shadows {
                guard let number = value(row) else { continue }
                page.sample(
                    name, "{model=\"\(escape(row.model))\",policy=\"\(escape(row.policy))\"}", number)
            }
        }
    }

    private static func nodes(_ snapshot: Snapshot, _ page: inout Page) {
        page.family("signalbox_node_state", "gauge", "1 for the state that the node is in.")
        for node in snapshot.nodes {
            for state in NodeState.allCases {
                page.sample(
                    "signalbox_node_state", "{node=\"\(escape(node.name))\",state=\"\(state.rawValue)\"}",
                    node.state == state ? 1 : 0)
            }
        }
        let gauges: [(String, String, (NodeStatus) -> Double?)] = [
            ("signalbox_node_weight", "Current weight, 0 to 100.", { Double($0.weight) }),
            (
                "signalbox_node_effective_weight", "The weight routed by: less while it begins slowly.",
                { Double($0.slowWeight ?? $0.weight) }
            ),
            ("signalbox_node_active", "Requests of this gateway on the node.", { Double($0.active) }),
            (
                "signalbox_node_engine_requests", "Requests running and waiting as the engine says.",
                { $0.engineCount }
            ),
            (
                "signalbox_node_disagreement_seconds", "How long the two counts have differed.",
                { $0.disagreementSeconds ?? 0 }
            ),
            ("signalbox_node_ejections", "Ejections in a row.", { Double($0.ejection?.count ?? 0) }),
            ("signalbox_node_prefilling", "Of them: without a first token.", { Double($0.prefilling) }),
            (
                "signalbox_node_safe_to_delete", "1 when nothing is on it and nothing will come.",
                { $0.safeToDelete ? 1 : 0 }
            ),
            (
                "signalbox_node_ttft_seconds_p50", "Median time to first token over the latency window.",
                { $0.ttft?.p50 }
            ),
            ("signalbox_node_ttft_seconds_p99", "99th percentile of the same.", { $0.ttft?.p99 }),
            (
                "signalbox_node_kv_event_blocks", "Blocks in the node's cache by its KV events.",
                { $0.kvEvents.map { Double($0.blocks) } }
            ),
            (
                "signalbox_node_kv_event_gaps", "Times that its KV events jumped.",
                { $0.kvEvents.map { Double($0.gaps) } }
            ),
            ("signalbox_node_reading_age_seconds", "Age of the last good reading.", { $0.readingAgeSeconds }),
        ]
        faults(snapshot, &page)
        shadows(snapshot, &page)
        for (name, help, value) in gauges {
            page.family(name, "gauge", help)
            for node in snapshot.nodes {
                guard let number = value(node) else { continue }
                page.sample(name, "{node=\"\(escape(node.name))\"}", number)
            }
        }
    }

    private struct Page {
        var text = ""
        mutating func family(_ name: String, _ type: String, _ help: String) {
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
        }
        mutating func sample(_ name: String, _ labels: String, _ value: Double) {
            text += "\(name)\(labels) \(value)\n"
        }
    }

    private static func escape(_ label: String) -> String {
        // Nearly all have none, and for a thousand nodes looking three times takes a while.
        guard label.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return label }
        return label.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
