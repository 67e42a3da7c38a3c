import Testing

@testable import GatewayCore

struct PlaceTableTests {
    /// Hashes at places, and a dictionary of the same.
    private struct Pair {
        var table = PlaceTable()
        var hashes: [UInt64] = []
        var model: [UInt64: Int32] = [:]

        func place(of hash: UInt64) -> Int32? {
            table.place(of: hash) { hashes[Int($0)] == hash }
        }

        mutating func insert(_ hash: UInt64) {
            table.insert(hash, Int32(hashes.count))
            model[hash] = Int32(hashes.count)
            hashes.append(hash)
        }

        mutating func remove(_ hash: UInt64) {
            guard let place = model.removeValue(forKey: hash) else { return }
            table.remove(hash, place)
        }
    }

    @Test(arguments: [1, 64, 1 << 40] as [UInt64])
    func `it holds what a dictionary would hold, whatever the distance of the hashes`(step: UInt64) {
        var random = SplitMix64(seed: step)
        var pair = Pair()
        for _ in 0..<20_000 {
            let hash = UInt64.random(in: 0..<700, using: &random) &* step
            if pair.model[hash] == nil { pair.insert(hash) } else { pair.remove(hash) }
            #expect(pair.place(of: hash) == pair.model[hash])
        }
        for id in 0..<700 as Range<UInt64> {
            #expect(pair.place(of: id &* step) == pair.model[id &* step])
        }
    }

    @Test func `hashes that agree in the bits that are kept are told apart, and taken out apart`() {
        // The multiplier that spreads a hash is odd: what is added below bit 32 of its product changes none above.
        let inverse = inverse(of: 0x9E37_79B9_7F4A_7C15)
        let alike = (0..<8 as Range<UInt64>).map { (0x1234_5678 << 32 | $0) &* inverse }
        var pair = Pair()
        for hash in alike.dropLast() { pair.insert(hash) }
        #expect(alike.dropLast().map { pair.place(of: $0) } == (0..<7).map { Int32($0) })
        #expect(pair.place(of: alike[7]) == nil)
        pair.remove(alike[3])
        #expect(pair.place(of: alike[3]) == nil)
        #expect(pair.place(of: alike[2]) == 2)
        #expect(pair.place(of: alike[6]) == 6)
    }

    /// Modulo 2 to the 64th, of an odd number: Newton's iteration doubles the bits that are right.
    private func inverse(of odd: UInt64) -> UInt64 {
        var inverse = odd
        for _ in 0..<6 { inverse = inverse &* (2 &- odd &* inverse) }
        return inverse
    }
}
