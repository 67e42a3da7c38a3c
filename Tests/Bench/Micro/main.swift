import GatewayCore

// microbench               all, with their times
// microbench --list        their names
// microbench NAME [COUNT]  one, as many times as said
// microbench --scale FILE… what grows with a fleet; the files are metrics pages

let words = Array(CommandLine.arguments.dropFirst())

func run(_ benchmark: Benchmark, _ count: Int) {
    let body = benchmark.make()
    // Once before, for what is made at the first use.
    body(1)
    let begin = MonotonicClock.threadSeconds()
    measured(count, body)
    let nanoseconds = (MonotonicClock.threadSeconds() - begin) * 1e9 / Double(count)
    let rate = benchmark.bytes.map { "\t\(hundredths(Double($0) / nanoseconds)) GB/s" } ?? ""
    print("\(benchmark.name)\t\(hundredths(nanoseconds / 1000)) us\(rate)")
}

func hundredths(_ value: Double) -> Double { (value * 100).rounded() / 100 }

switch words.first {
case "--list": for benchmark in benchmarks { print(benchmark.name) }
case "--scale": printScaleFigures(Array(words.dropFirst()))
case nil: for benchmark in benchmarks { run(benchmark, benchmark.count) }
case let name?:
    guard let benchmark = benchmarks.first(where: { $0.name == name }) else {
        fatalError("no benchmark \(name); --list has their names")
    }
    run(benchmark, words.count > 1 ? Int(words[1]) ?? 1 : benchmark.count)
}
