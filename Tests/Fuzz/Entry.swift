import Foundation

/// One target: what is done with an input. A rule that does not hold traps, and libFuzzer keeps the input.
private let targets: [String: @Sendable (RawSpan) -> Void] = [
    "request": fuzzRequestHead, "response": fuzzResponseHead, "chunks": fuzzChunks, "stream": fuzzStream,
    "body": fuzzBody, "json": fuzzJSON, "kvevents": fuzzKVEvents, "zmtp": fuzzZMTP,
]

private let target: @Sendable (RawSpan) -> Void = {
    guard let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"], let target = targets[name] else {
        fatalError("FUZZ_TARGET must be one of \(targets.keys.sorted())")
    }
    return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    // libFuzzer's own copy, which ends where the input ends: AddressSanitizer sees a read beyond it.
    target(RawSpan(_unsafeBytes: UnsafeRawBufferPointer(start: data, count: size)))
    return 0
}

func rule(_ holds: Bool, _ name: @autoclosure () -> String) {
    if !holds { broken(name()) }
}

/// Ends the run without `fatalError`, whose report AddressSanitizer takes for a find of its own.
func broken(_ rule: String) -> Never {
    FileHandle.standardError.write(Data("broken rule: \(rule)\n".utf8))
    abort()
}

extension RawSpan {
    var all: [UInt8] { array(0..<byteCount) }

    /// Chance that depends on the input alone, so that a find repeats.
    var chance: SplitMix64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for index in 0..<byteCount { hash = (hash ^ UInt64(byte(index))) &* 0x100_0000_01b3 }
        return SplitMix64(seed: hash)
    }

    /// The bytes in one to eight pieces.
    func pieces(_ random: inout SplitMix64) -> [Range<Int>] {
        var cuts = (0..<Int.random(in: 0...7, using: &random)).map { _ in
            Int.random(in: 0...byteCount, using: &random)
        }
        cuts += [0, byteCount]
        cuts.sort()
        return zip(cuts, cuts.dropFirst()).map { $0..<$1 }
    }
}
