/// An engine's prefix cache in outline: the last `capacity` blocks used, least recently used out first.
///
/// A prompt's blocks are used from its last to its first, so that shared heads survive longest, as in vLLM.
package struct BlockCache: Sendable {
    private static let none: Int32 = -1

    private struct Block {
        var hash: UInt64
        var older: Int32
        var newer: Int32
    }

    package let capacity: Int
    package var changes: [CacheChange]?
    private var blocks: [Block] = []
    private var places = PlaceTable()
    private var newest = BlockCache.none
    private var oldest = BlockCache.none

    /// - Parameter capacity: in blocks, above 0.
    package init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    package var count: Int { blocks.count }

    /// Leading blocks of the chain that it holds.
    package func depth(of chain: [UInt64]) -> Int {
        for (depth, hash) in chain.enumerated() where place(of: hash) == nil { return depth }
        return chain.count
    }

    private func place(of hash: UInt64) -> Int32? {
        places.place(of: hash) { blocks[Int($0)].hash == hash }
    }

    /// Uses every block of the chain.
    package mutating func use(_ chain: [UInt64]) {
        for hash in chain.reversed() {
            if let place = place(of: hash) {
                unlink(place)
                makeNewest(place)
            } else {
                let place = freePlace()
                blocks[Int(place)].hash = hash
                places.insert(hash, place)
                changes?.append(.stored(hash))
                makeNewest(place)
            }
        }
    }

    private mutating func freePlace() -> Int32 {
        guard blocks.count >= capacity else {
            blocks.append(Block(hash: 0, older: Self.none, newer: Self.none))
            return Int32(blocks.count - 1)
        }
        let place = oldest
        unlink(place)
        places.remove(blocks[Int(place)].hash, place)
        changes?.append(.removed(blocks[Int(place)].hash))
        return place
    }

    private mutating func makeNewest(_ place: Int32) {
        blocks[Int(place)].older = newest
        blocks[Int(place)].newer = Self.none
        if newest == Self.none { oldest = place } else { blocks[Int(newest)].newer = place }
        newest = place
    }

    private mutating func unlink(_ place: Int32) {
        let block = blocks[Int(place)]
        if block.older == Self.none {
            oldest = block.newer
        } else {
            blocks[Int(block.older)].newer = block.newer
        }
        if block.newer == Self.none {
            newest = block.older
        } else {
            blocks[Int(block.newer)].older = block.older
        }
    }
}
