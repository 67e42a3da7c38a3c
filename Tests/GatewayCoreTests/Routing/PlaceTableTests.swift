import Testing

@testable import GatewayCore

struct PlaceTableTests {
    @Test(arguments: [1, 64, 1 << 40] as [UInt64])
    func `it holds what a dictionary would hold, whatever the distance of the hashes`(step: UInt64) {
        var random = SplitMix64(seed: step)
        var table = PlaceTable()
        var model: [UInt64: Int32] = [:]
        for turn in 0..<20_000 as Range<Int32> {
            let hash = UInt64.random(in: 0..<700, using: &random) &* step
            if Bool.random(using: &random) {
                table.insert(hash, turn)
                model[hash] = turn
            } else {
                table.remove(hash)
                model[hash] = nil
            }
            #expect(table[hash] == model[hash])
        }
        for id in 0..<700 as Range<UInt64> { #expect(table[id &* step] == model[id &* step]) }
    }
}
