import Collectors

let collectorBenchmarks = [
    Benchmark("metrics-text", count: 500, bytes: metricsText.count) {
        { count in
            for _ in 0..<count { keep(try? MetricsText.parse(metricsText).samples.count) }
        }
    },
    Benchmark("metrics-values", count: 5_000, bytes: metricsText.count) {
        { count in
            guard var page = try? MetricsText.parse(metricsText) else { return }
            for _ in 0..<count { keep(metricsText.withSpan { page.takeValues(of: $0) }) }
        }
    },
]

/// 24 gauges and counters and 16 histograms of 20 buckets for a model, as an engine of today has them.
private let metricsText: [UInt8] = {
    var text = ""
    for number in 0..<24 {
        let name = "vllm:family_\(number)"
        text += "# HELP \(name) What family \(number) counts.\n# TYPE \(name) gauge\n"
        text += "\(name){engine=\"0\",model_name=\"llama-70b\"} \(Double(number) * 1.5)\n"
    }
    for number in 0..<16 {
        let name = "vllm:histogram_\(number)_seconds"
        text += "# HELP \(name) Histogram \(number).\n# TYPE \(name) histogram\n"
        for bucket in 0..<20 {
            text +=
                "\(name)_bucket{engine=\"0\",le=\"\(Double(bucket) * 0.25)\",model_name=\"llama-70b\"} \(bucket * 17)\n"
        }
        text += "\(name)_bucket{engine=\"0\",le=\"+Inf\",model_name=\"llama-70b\"} 340\n"
        text += "\(name)_count{engine=\"0\",model_name=\"llama-70b\"} 340\n"
        text += "\(name)_sum{engine=\"0\",model_name=\"llama-70b\"} 512.25\n"
    }
    return Array(text.utf8)
}()
