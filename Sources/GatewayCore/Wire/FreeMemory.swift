import CLinux

/// Memory that the queues of this thread have given up, for its next ones. The C library keeps seven small blocks of a
/// size for a thread: the rest goes through lists that it searches and merges, and large ones back to the system, to be
/// zeroed and faulted in anew for the next prompt.
enum FreeMemory {
    /// Bytes; blocks are powers of two.
    static let smallest = 256
    private static let classes = 15
    /// What a thread keeps at most; past it, blocks go back to the C library.
    private static let limit = 16 << 20

    /// Free blocks by size: each one's first word leads to the next.
    @unsafe private struct Shelf {
        var heads = unsafe InlineArray<15, UnsafeMutableRawPointer?>(repeating: nil)
        var bytes = 0
    }

    /// - Parameter size: a power of two, `smallest` or more.
    @unsafe static func take(_ size: Int) -> UnsafeMutableRawPointer {
        if let index = place(size), let shelf = unsafe shelf, let block = unsafe shelf.pointee.heads[index] {
            unsafe shelf.pointee.heads[index] = unsafe block.load(as: UnsafeMutableRawPointer?.self)
            unsafe shelf.pointee.bytes -= size
            return unsafe block
        }
        guard let block = unsafe malloc(size) else { fatalError("out of memory") }
        return unsafe block
    }

    /// - Parameter size: what it was taken with.
    @unsafe static func give(_ block: UnsafeMutableRawPointer, _ size: Int) {
        guard let index = place(size) else { return unsafe free(block) }
        let shelf = unsafe shelf ?? begin()
        guard unsafe shelf.pointee.bytes + size <= limit else { return unsafe free(block) }
        unsafe block.storeBytes(of: shelf.pointee.heads[index], as: UnsafeMutableRawPointer?.self)
        unsafe shelf.pointee.heads[index] = unsafe block
        unsafe shelf.pointee.bytes += size
    }

    /// Gives everything back, at a thread's end.
    static func empty() {
        guard let shelf = unsafe shelf else { return }
        for index in 0..<classes {
            while let block = unsafe shelf.pointee.heads[index] {
                unsafe shelf.pointee.heads[index] = unsafe block.load(as: UnsafeMutableRawPointer?.self)
                unsafe free(block)
            }
        }
        unsafe shelf.deallocate()
        unsafe sb_thread_slot().pointee = nil
    }

    private static var shelf: UnsafeMutablePointer<Shelf>? {
        unsafe sb_thread_slot().pointee?.assumingMemoryBound(to: Shelf.self)
    }

    private static func begin() -> UnsafeMutablePointer<Shelf> {
        let shelf = UnsafeMutablePointer<Shelf>.allocate(capacity: 1)
        unsafe shelf.initialize(to: Shelf())
        unsafe sb_thread_slot().pointee = UnsafeMutableRawPointer(shelf)
        return unsafe shelf
    }

    /// Where blocks of a size lie; nil: they are too large to keep.
    private static func place(_ size: Int) -> Int? {
        guard size < smallest << classes else { return nil }
        return size.trailingZeroBitCount - smallest.trailingZeroBitCount
    }
}
