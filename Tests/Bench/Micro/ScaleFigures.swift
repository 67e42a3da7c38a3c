import Collectors
import Foundation
import GatewayCore

/// What grows with the size of a fleet or a file: a line each for `make bench-scale`, as `what<TAB>figure<TAB>unit`.
/// - Parameter files: metrics pages as engines serve them.
func printScaleFigures(_ files: [String]) {
    for nodes in [2, 8, 64, 256, 1000] {
        print(
            "decision by foresight among \(nodes) nodes\t\(microseconds(decision(nodes: nodes, count: 20_000)))\tus"
        )
    }
    printLargeIndex(blocks: 10_000_000)
    for file in files {
        guard let text = FileManager.default.contents(atPath: file).map(Array.init) else { continue }
        let parse = Benchmark(file, count: max(1, 50_000_000 / max(1, text.count))) {
            { count in for _ in 0..<count { keep(try? MetricsText.parse(text).samples.count) } }
        }
        let rate = Double(text.count) / microseconds(parse)
        print("parsing \(URL(fileURLWithPath: file).lastPathComponent)\t\(hundredths(rate))\tMB/s")
    }
}

private func microseconds(_ benchmark: Benchmark) -> Double {
    let body = benchmark.make()
    body(1)
    return hundredths(seconds { body(benchmark.count) } * 1e6 / Double(benchmark.count))
}

private func seconds(_ body: () -> Void) -> Double {
    let begin = MonotonicClock.threadSeconds()
    body()
    return MonotonicClock.threadSeconds() - begin
}

/// Conversations of 128 blocks, of which the first 16 are one of 64 system prompts, on 64 nodes.
private func printLargeIndex(blocks: Int) {
    let index = PrefixIndex(byteLimit: 4 << 30)
    for node in 0..<64 { index.setCapacity(node: node, blocks: blocks) }
    var random = SplitMix64(seed: 1)
    let heads = (0..<64).map { _ in (0..<16).map { _ in random.next() } }
    let chains = blocks / 112
    var known: [(head: Int, tail: UInt64)] = []
    func chain(_ head: Int, _ tail: UInt64) -> [UInt64] {
        var hashes = SplitMix64(seed: tail)
        return heads[head] + (0..<112).map { _ in hashes.next() }
    }
    let filling = seconds {
        for number in 0..<chains {
            known.append((Int(random.next() % 64), random.next()))
            index.insert(chain(known[number].head, known[number].tail), node: number % 64, now: 1)
        }
    }
    let making = seconds { for each in known { keep(chain(each.head, each.tail)) } }
    let held = index.byteCount
    var depths = [Int32](repeating: 0, count: 64)
    let finding = seconds {
        for each in known.reversed() {
            for node in depths.indices { depths[node] = 0 }
            index.depths(chain(each.head, each.tail), into: &depths)
        }
    }
    let each = 1e6 / Double(chains)
    let what = "index of \(blocks / 1_000_000) million blocks in chains of 128"
    print("\(what), memory\t\(hundredths(Double(held) / Double(chains * 112)))\tbytes a block")
    print("\(what), insert\t\(hundredths((filling - making) * each))\tus")
    print("\(what), lookup on 64 nodes\t\(hundredths((finding - making) * each))\tus")
}
