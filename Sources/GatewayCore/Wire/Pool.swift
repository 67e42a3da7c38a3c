/// Slots by file descriptor, in pages that come into being when a descriptor first needs them. They are never moved.
@safe package struct Pool<Slot: ~Copyable>: ~Copyable {
    private static var pageSize: Int { 256 }
    private let pages: UnsafeMutablePointer<UnsafeMutablePointer<Slot>?>
    private let pageCount: Int
    private let make: @Sendable () -> Slot

    /// - Parameter capacity: one more than the greatest descriptor.
    package init(capacity: Int, make: @escaping @Sendable () -> Slot) {
        pageCount = (capacity + Self.pageSize - 1) / Self.pageSize
        unsafe pages = .allocate(capacity: pageCount)
        unsafe pages.initialize(repeating: nil, count: pageCount)
        self.make = make
    }

    deinit {
        for page in 0..<pageCount {
            guard let slots = unsafe pages[page] else { continue }
            unsafe slots.deinitialize(count: Self.pageSize)
            unsafe slots.deallocate()
        }
        unsafe pages.deallocate()
    }

    package var capacity: Int { pageCount * Self.pageSize }

    /// Makes sure that a slot exists.
    package mutating func prepare(_ fd: Int32) {
        let page = Int(fd) / Self.pageSize
        precondition(fd >= 0 && page < pageCount)
        if unsafe pages[page] != nil { return }
        let slots = UnsafeMutablePointer<Slot>.allocate(capacity: Self.pageSize)
        for index in 0..<Self.pageSize { unsafe (slots + index).initialize(to: make()) }
        unsafe pages[page] = unsafe slots
    }

    private func slot(_ fd: Int32) -> UnsafeMutablePointer<Slot> {
        let page = Int(fd) / Self.pageSize
        precondition(fd >= 0 && page < pageCount)
        guard let slots = unsafe pages[page] else { preconditionFailure("a slot that was not prepared") }
        return unsafe slots + Int(fd) % Self.pageSize
    }

    package subscript(fd: Int32) -> Slot {
        _read { yield unsafe slot(fd).pointee }
        _modify { yield unsafe &slot(fd).pointee }
    }
}
