/// All of them, in the order in which a request meets them.
let benchmarks = wireBenchmarks + routingBenchmarks + collectorBenchmarks
