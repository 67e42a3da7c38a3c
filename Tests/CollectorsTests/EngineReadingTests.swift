import GatewayCore
import Testing

@testable import Collectors

private typealias Value = @Sendable (EngineReading) -> Double?

/// What a capture must read as. A field that isn't named is not looked at.
struct Expected: Sendable, CustomTestStringConvertible {
    var path: String
    var kind: EngineKind
    var models: [String]?
    var numbers: [String: Double?] = [:]
    /// Count and sum.
    var histograms: [String: [Double]?] = [:]

    var testDescription: String { path }
}

private let fields: [String: Value] = [
    "running": { $0.running }, "waiting": { $0.waiting }, "kvUsage": { $0.kvUsage },
    "kvCapacity": { $0.kvCapacityTokens }, "prompt": { $0.promptTokens }, "generated": { $0.generatedTokens },
    "queries": { $0.prefixQueries }, "hits": { $0.prefixHits }, "preemptions": { $0.preemptions },
    "prefillQueue": { $0.prefillQueue }, "decodeQueue": { $0.decodeQueue },
]

private let histograms: [String: @Sendable (EngineReading) -> BucketHistogram?] = [
    "ttft": { $0.ttft }, "tpot": { $0.tpot }, "e2e": { $0.e2e }, "queueTime": { $0.queueTime },
]

private let captures: [Expected] = [
    Expected(
        path: "metrics/vllm-0.4-opt-125m.txt", kind: .vllm, models: ["facebook/opt-125m"],
        numbers: [
            "running": 0, "waiting": 0, "kvUsage": 0, "prompt": 5, "generated": 7, "kvCapacity": 16 * 7281,
            "queries": nil, "hits": nil,
        ], histograms: ["ttft": [1, 0.31326723098754883]]),
    Expected(
        path: "metrics/vllm-0.5-kubeai.txt", kind: .vllm,
        models: ["neuralmagic/Meta-Llama-3.1-8B-Instruct-FP8", "other/OTHER"],
        numbers: [
            "running": 3, "waiting": 5, "kvUsage": 0.0026235242675994863, "prompt": 90, "generated": 2546,
        ], histograms: ["ttft": [9, 0.5106480121612549], "tpot": [2537, 98.35070300102234]]),
    Expected(
        path: "metrics/vllm-0.6-under-ray-serve.txt", kind: .vllm,
        numbers: [
            "running": 0, "waiting": 0, "kvUsage": 5.882698982295764e-05, "prompt": 58, "generated": 300,
        ], histograms: ["ttft": [1, 0.271012544631958]]),
    Expected(
        path: "metrics/vllm-0.17-cold-start-qwen2.5-0.5b.txt", kind: .vllm,
        models: ["Qwen/Qwen2.5-0.5B-Instruct"],
        numbers: [
            "running": 0, "waiting": 0, "kvUsage": 0, "prompt": 0, "generated": 0, "queries": 0, "hits": 0,
            "kvCapacity": 16 * 101625, "preemptions": 0, "decodeQueue": nil,
        ], histograms: ["ttft": [0, 0], "tpot": [0, 0], "e2e": [0, 0], "queueTime": [0, 0]]),
    Expected(
        path: "metrics/vllm-0.24-single-engine.txt", kind: .vllm,
        numbers: [
            "running": 0, "waiting": 0, "kvUsage": 0, "prompt": 3_763_908, "generated": 54939,
            "kvCapacity": 342803,
        ], histograms: ["ttft": [102, 2509.4076895713806], "tpot": [54837, 9315.990682553733]]),
    Expected(
        path: "metrics/vllm-mtp-spec-decode-before.txt", kind: .vllm,
        numbers: ["prompt": 5080, "generated": 692], histograms: ["ttft": [8, 192.5318922996521]]),
    Expected(
        path: "metrics/vllm-mtp-spec-decode-after.txt", kind: .vllm,
        numbers: ["prompt": 331882, "generated": 50383],
        histograms: ["ttft": [520, 50026.32733297348], "e2e": [520, 50507.84063696861]]),
    Expected(
        path: "metrics/nim-1-llama-3.1-8b.txt", kind: .vllm, models: ["meta/llama-3.1-8b-instruct"],
        numbers: [
            "running": 1, "waiting": 0, "kvUsage": 0.0002848191398461977, "prompt": 109, "generated": 174,
        ], histograms: ["ttft": [5, 0.6119842529296875]]),
    Expected(
        path: "metrics/issue-excerpts/vllm-0.8-v1-excerpt.txt", kind: .vllm,
        models: ["Qwen/Qwen2.5-Coder-32B-Instruct"],
        numbers: ["running": 0, "waiting": 0, "kvUsage": 0, "queries": nil, "prompt": nil]),
    Expected(
        path: "live/vllm-cpu/metrics-during.prom", kind: .vllm, models: ["tiny"],
        numbers: [
            "running": 8, "waiting": 4, "kvUsage": 0.11730205278592376, "queries": 5045, "hits": 2880,
            "kvCapacity": 32768, "prompt": 5049, "generated": 3631, "decodeQueue": nil, "prefillQueue": nil,
        ]),
    Expected(
        path: "live/vllm-cpu/metrics-after.prom", kind: .vllm, numbers: ["queries": 51441, "hits": 3392]),
    Expected(
        path: "live/vllm-cpu/metrics-before.prom", kind: .vllm,
        numbers: ["running": 0, "waiting": 0, "queries": 0, "hits": 0]),
    Expected(
        path: "live/vllm-cpu/metrics-preempted.prom", kind: .vllm,
        numbers: ["preemptions": 1, "running": 6, "waiting": 2]),
    Expected(
        path: "metrics/sglang-docs-llama-3.1-8b.txt", kind: .sglang,
        models: ["meta-llama/Llama-3.1-8B-Instruct"],
        numbers: [
            "running": 162, "waiting": 2826, "kvUsage": 0.28, "prompt": 8_128_902, "generated": 7_557_572,
            "hits": nil, "queries": nil, "kvCapacity": nil,
        ],
        histograms: ["ttft": [11008, 2351897.9474117756], "tpot": [7_400_757, 866964.5791549598]]),
    Expected(
        path: "metrics/sglang-0.5.10-opt-125m-edited.txt", kind: .sglang, models: ["facebook/opt-125m"],
        numbers: [
            "running": 0, "waiting": 0, "kvUsage": 0.25, "kvCapacity": 430839, "prompt": 5, "generated": 32,
            "hits": 1, "queries": 5,
        ], histograms: ["ttft": [1, 0.02], "tpot": [31, 0.05]]),
    Expected(
        path: "metrics/issue-excerpts/sglang-0.5-dp8-excerpt-a.txt", kind: .sglang, models: ["deepseek-r1"],
        numbers: ["waiting": 0, "running": nil]),
    Expected(path: "metrics/issue-excerpts/sglang-0.5-dp8-excerpt-b.txt", kind: .sglang, models: []),
    Expected(
        path: "metrics/issue-excerpts/sglang-0.5.1-excerpt.txt", kind: .sglang, models: ["Qwen-32B"],
        numbers: ["running": 1, "kvUsage": 0]),
    Expected(
        path: "metrics/issue-excerpts/sglang-0.3-name-label-excerpt.txt", kind: .sglang,
        models: [
            "/shared/public/elr-models/meta-llama/Llama-3.2-3B/5cc0ffe09ee49f7be6ca7c794ee6bd7245e84e60/"
        ], numbers: ["kvCapacity": 570979, "prompt": 230794]),
    Expected(
        path: "metrics/issue-excerpts/smg-sglang-relabelled-excerpt.txt", kind: .sglang,
        numbers: ["prompt": 55, "prefillQueue": nil]),
    Expected(
        path: "metrics/issue-excerpts/tgis-adapter-ibm-vllm-excerpt.txt", kind: .tgi,
        numbers: ["running": 0, "waiting": 0]),
    Expected(
        path: "metrics/dynamo-trtllm-worker-0.8.txt", kind: .tensorrtLLM, models: ["Qwen/Qwen3-0.6B"],
        histograms: [
            "ttft": [2, 0.06795299984514713], "tpot": [2, 0.005558789299682629],
            "queueTime": [2, 0.01181500032544136],
        ]),
    Expected(
        path: "metrics/issue-excerpts/trtllm-serve-1.0-excerpt.txt", kind: .tensorrtLLM, models: [],
        histograms: ["ttft": [2, 0]]),
    Expected(
        path: "metrics/issue-excerpts/trtllm-serve-2026-03-excerpt.txt", kind: .tensorrtLLM,
        histograms: ["e2e": nil]),
    Expected(
        path: "metrics/triton-trtllm-backend-excerpt.txt", kind: .tensorrtLLM,
        numbers: [
            "running": 0, "waiting": 1, "prefillQueue": 1, "kvUsage": 0.4875, "kvCapacity": 6239 * 64,
        ]),
    Expected(
        path: "metrics/llamacpp-ik-2025-08.txt", kind: .llamacpp,
        numbers: [
            "prompt": 6886, "generated": 3469, "kvUsage": 0.491063, "running": 0, "waiting": 0, "hits": nil,
            "queries": nil,
        ]),
    Expected(
        path: "live/llamacpp/metrics-during.prom", kind: .llamacpp,
        numbers: [
            "running": 3, "waiting": 0, "hits": 3575, "queries": 4260 + 3575, "prompt": 4260 + 3575,
            "generated": 19271, "kvUsage": nil,
        ]),
    Expected(
        path: "live/llamacpp/metrics-before.prom", kind: .llamacpp, numbers: ["running": 0, "waiting": 0]),
    Expected(
        path: "live/llamacpp/metrics-after.prom", kind: .llamacpp, numbers: ["running": 0, "waiting": 0]),
    Expected(path: "live/llamacpp/abort-during.prom", kind: .llamacpp, numbers: ["running": 1]),
    Expected(path: "live/llamacpp/abort-after.prom", kind: .llamacpp, numbers: ["running": 0]),
    Expected(path: "live/llamacpp/abort-before.prom", kind: .llamacpp, numbers: ["running": 0]),
]

@Suite(.enabled(if: Captures.present)) struct EngineCaptureTests {
    @Test(arguments: captures)
    func `a capture reads as its source says`(expected: Expected) throws {
        let reading = try EngineReading.read(Captures.text(expected.path), from: "http://node/metrics")
        #expect(reading.kind == expected.kind)
        if let models = expected.models { #expect(reading.models == models) }
        for (name, value) in expected.numbers {
            let field = try #require(fields[name])
            let told = field(reading)
            #expect(told == value, "\(name)")
        }
        for (name, value) in expected.histograms {
            let field = try #require(histograms[name])
            let told: [Double]? = field(reading).map { [$0.count, $0.sum] }
            #expect(told == value, "\(name)")
        }
    }

    @Test func `every row of a capture that the dialects leave alone is there to be asked`() throws {
        let old = try Captures.text("metrics/vllm-0.4-opt-125m.txt")
        #expect(old.total("vllm:request_success_total", label: "finished_reason", is: "length") == 1)
        #expect(old.total("vllm:num_requests_swapped") == 0)
        let two = try Captures.text("metrics/vllm-0.5-kubeai.txt")
        #expect(two.total("vllm:num_requests_waiting", label: "model_name", is: "other/OTHER") == 3)
        let ray = try Captures.text("metrics/vllm-0.6-under-ray-serve.txt")
        #expect(ray.total("ray_vllm:avg_generation_throughput_toks_per_s") == 17.757425910245555)
        let recent = try Captures.text("metrics/vllm-0.24-single-engine.txt")
        #expect(recent.samples.count == 502)
        #expect(recent.total("process_virtual_memory_bytes") == 24_804_184_064)
        let ranks = try Captures.text("metrics/issue-excerpts/sglang-0.5-dp8-excerpt-a.txt")
        #expect(abs((ranks.total("sglang:gen_throughput") ?? 0) - 566.0) < 0.1)
        let cut = try Captures.text("metrics/issue-excerpts/trtllm-serve-2026-03-excerpt.txt")
        #expect(cut.total("e2e_request_latency_seconds_sum") == 3.4878239994868636)
    }

    @Test func `with speculative decoding a step is not a token`() throws {
        let text = try Captures.text("metrics/vllm-mtp-spec-decode-after.txt")
        let drafts = try #require(text.total("vllm:spec_decode_num_drafts_total"))
        let steps = try #require(text.buckets("vllm:inter_token_latency_seconds"))
        #expect(steps.count == drafts)
        #expect(drafts == 15094)
        let reading = try EngineReading.read(text, from: "x")
        #expect(reading.tpot?.count == 520)
        let size = try #require(text.buckets("vllm:iteration_tokens_total"))
        #expect(size.count == 15614)
        #expect(size.sum == 382_265)
    }

    @Test(arguments: [
        ("metrics/dynamo-frontend-0.8.txt", "Dynamo's frontend"),
        ("metrics/dcgm-4-l4-profiling.txt", "GPU metrics URL"),
        ("metrics/prometheus-alltypes.237mfs.prom.txt", "no engine known at http://node/metrics (it has "),
        ("metrics/triton-23-many-models.txt", "no engine known"),
    ])
    func `a scrape of something else is refused with what to do`(path: String, words: String) throws {
        let text = try Captures.text(path)
        #expect { try EngineReading.read(text, from: "http://node/metrics") } throws: { error in
            (error as? CollectionFailure)?.message.contains(words) == true
        }
    }

    @Test func `TensorRT-LLM's JSON is refused as metrics`() throws {
        #expect(throws: MetricsTextError(line: 1, reason: "expected a metric name, found \"[]\"")) {
            try Captures.text("metrics/issue-excerpts/trtllm-metrics-json-empty.txt")
        }
    }
}

@Suite struct EngineDialectTests {
    @Test func `tensor ranks that tell the same requests count once, data ranks add up`() throws {
        let text = try parse(
            """
            sglang:num_running_reqs{dp_rank="0",tp_rank="1"} 3
            sglang:num_running_reqs{dp_rank="0",tp_rank="0"} 4
            sglang:num_running_reqs{dp_rank="1",tp_rank="2"} 5
            sglang:token_usage{dp_rank="0",tp_rank="0"} 0.2
            sglang:token_usage{dp_rank="1",tp_rank="2"} 0.6

            """)
        let reading = try EngineReading.read(text, from: "x")
        #expect(reading.running == 9)
        #expect(reading.kvUsage == 0.4)
    }

    @Test func `the parts of a priority are not added to its total`() throws {
        let text = try parse(
            "sglang:num_queue_reqs{priority=\"\"} 7\nsglang:num_queue_reqs{priority=\"1\"} 4\n"
                + "sglang:num_queue_reqs{priority=\"2\"} 3\n")
        #expect(try EngineReading.read(text, from: "x").waiting == 7)
    }

    @Test func `a decode engine of SGLang tells its queues, a unified one has none`() throws {
        let text = { (type: String) in
            try parse(
                "sglang:num_running_reqs{engine_type=\"\(type)\"} 1\n"
                    + "sglang:num_decode_prealloc_queue_reqs{engine_type=\"\(type)\"} 2\n"
                    + "sglang:num_decode_transfer_queue_reqs{engine_type=\"\(type)\"} 3\n"
                    + "sglang:num_prefill_bootstrap_queue_reqs{engine_type=\"\(type)\"} 4\n"
                    + "sglang:num_prefill_inflight_queue_reqs{engine_type=\"\(type)\"} 5\n")
        }
        let decode = try EngineReading.read(text("decode"), from: "x")
        #expect(decode.decodeQueue == 5)
        #expect(decode.prefillQueue == nil)
        #expect(try EngineReading.read(text("prefill"), from: "x").prefillQueue == 9)
        let unified = try EngineReading.read(text("unified"), from: "x")
        #expect(unified.decodeQueue == nil)
        #expect(unified.prefillQueue == nil)
    }

    @Test func `vLLM's ranks add up and their KV use is averaged`() throws {
        let text = try parse(
            """
            vllm:num_requests_running{engine="0"} 3
            vllm:num_requests_running{engine="1"} 4
            vllm:kv_cache_usage_perc{engine="0"} 0.25
            vllm:kv_cache_usage_perc{engine="1"} 0.75
            vllm:gpu_cache_usage_perc{engine="0"} 0.9
            vllm:num_requests_kv_fetch_by_stage{stage="in_progress"} 2
            vllm:num_requests_kv_fetch_by_stage{stage="waiting_to_start"} 1
            vllm:prompt_tokens_total NaN

            """)
        let reading = try EngineReading.read(text, from: "x")
        #expect(reading.running == 7)
        #expect(reading.kvUsage == 0.5)
        #expect(reading.decodeQueue == 3)
        #expect(reading.promptTokens == nil)
        #expect(reading.waiting == nil)
    }

    @Test func `TensorRT-LLM's own names`() throws {
        let text = try parse(
            """
            trtllm_num_requests_running 2
            trtllm_num_requests_waiting 1
            trtllm_kv_cache_utilization 0.5
            trtllm_kv_cache_max_blocks 100
            trtllm_kv_cache_tokens_per_block 32
            trtllm_kv_cache_reused_blocks_total 30
            trtllm_kv_cache_missed_blocks_total 70
            trtllm_num_context_requests 4
            trtllm_num_generation_requests 5

            """)
        let reading = try EngineReading.read(text, from: "x")
        #expect(reading.kind == .tensorrtLLM)
        #expect(reading.kvCapacityTokens == 3200)
        #expect(reading.prefixQueries == 100)
        #expect(reading.prefixHits == 30)
        #expect(reading.prefillQueue == 4)
        #expect(reading.decodeQueue == 5)
    }
}
