import CLinux

/// Bytes in order: appended at the end, consumed from the front. Holds no memory while empty.
@safe package struct ByteQueue: ~Copyable {
    private var base: UnsafeMutableRawPointer?
    private var capacity = 0
    private var start = 0
    private var end = 0

    package init() { unsafe base = nil }

    /// Keeps `capacity` bytes of memory even while empty, until `clear()`.
    package init(capacity: Int) {
        unsafe base = nil
        grow(to: capacity)
    }

    deinit {
        if let base = unsafe base { unsafe FreeMemory.give(base, capacity) }
    }

    package var count: Int { end &- start }
    package var isEmpty: Bool { end == start }

    /// The bytes, for the length of the call.
    @inlinable package func withBytes<R: ~Copyable>(_ body: (RawSpan) throws -> R) rethrows -> R {
        unsafe try body(RawSpan(_unsafeStart: readPointer, byteCount: count))
    }

    @usableFromInline var readPointer: UnsafeRawPointer {
        guard let base = unsafe base else { return unsafe UnsafeRawPointer(bitPattern: 1)! }
        return unsafe UnsafeRawPointer(base + start)
    }

    package mutating func append(_ bytes: RawSpan) {
        let n = bytes.byteCount
        guard n > 0 else { return }
        reserve(n)
        unsafe bytes.withUnsafeBytes { _ = unsafe memcpy(base! + end, $0.baseAddress!, n) }
        end += n
    }

    /// Appends a part of bytes.
    package mutating func append(_ bytes: RawSpan, _ range: Range<Int>) {
        append(bytes.extracting(range))
    }

    package mutating func append(_ bytes: [UInt8]) {
        unsafe append(bytes.span.bytes)
    }

    @inline(__always)
    package mutating func append(_ text: StaticString) {
        unsafe append(
            RawSpan(_unsafeStart: UnsafeRawPointer(text.utf8Start), byteCount: text.utf8CodeUnitCount))
    }

    package mutating func append(text: String) {
        unsafe append(text.utf8.span.bytes)
    }

    package mutating func append(byte: UInt8) {
        reserve(1)
        unsafe base!.storeBytes(of: byte, toByteOffset: end, as: UInt8.self)
        end += 1
    }

    package mutating func append(decimal value: Int) {
        append(digits: UInt64(max(0, value)), radix: 10)
    }

    package mutating func append(hexadecimal value: Int) {
        append(digits: UInt64(max(0, value)), radix: 16)
    }

    @inline(__always)
    private mutating func append(digits value: UInt64, radix: UInt64) {
        var scratch: InlineArray<20, UInt8> = .init(repeating: 0)
        var position = 20
        var rest = value
        repeat {
            position -= 1
            let digit = UInt8(rest % radix)
            scratch[position] = digit < 10 ? 0x30 + digit : 0x57 + digit
            rest /= radix
        } while rest > 0
        reserve(20 - position)
        for index in position..<20 {
            unsafe base!.storeBytes(of: scratch[index], toByteOffset: end, as: UInt8.self)
            end += 1
        }
    }

    /// Drops bytes from the front; gives the memory back when that leaves none.
    package mutating func consume(_ n: Int) {
        precondition(n >= 0 && n <= count)
        start += n
        if start == end { clear() }
    }

    /// Drops everything and the memory with it.
    package mutating func clear() {
        if let base = unsafe base { unsafe FreeMemory.give(base, capacity) }
        unsafe base = nil
        capacity = 0
        start = 0
        end = 0
    }

    /// Drops everything and keeps the memory, for a buffer that is used again in every turn.
    package mutating func removeAll() {
        start = 0
        end = 0
    }

    /// Reads once from a socket to the end of the queue.
    package mutating func receive(from fd: Int32, atMost limit: Int) -> Transfer {
        reserve(limit)
        let transfer = Transfer(unsafe recv(fd, base! + end, limit, 0), reading: true)
        if case .bytes(let n) = transfer { end += n }
        return transfer
    }

    /// Writes once from the front and consumes what was taken.
    package mutating func send(to fd: Int32) -> Transfer {
        guard !isEmpty else { return .bytes(0) }
        let transfer = withBytes { Sockets.send($0, to: fd) }
        if case .bytes(let n) = transfer { consume(n) }
        return transfer
    }

    /// Room for so many more bytes without moving again.
    @inline(__always)
    package mutating func reserve(_ n: Int) {
        if capacity &- end < n { makeRoom(n) }
    }

    private mutating func makeRoom(_ n: Int) {
        if start > 0, capacity - count >= n, start >= count {
            unsafe memmove(base!, base! + start, count)
            end -= start
            start = 0
            return
        }
        grow(to: count + n)
    }

    /// Moves to a block of the next power of two.
    private mutating func grow(to needed: Int) {
        var size = FreeMemory.smallest
        while size < needed { size &*= 2 }
        let block = unsafe FreeMemory.take(size)
        if let old = unsafe base {
            unsafe memcpy(block, old + start, count)
            unsafe FreeMemory.give(old, capacity)
        }
        end -= start
        start = 0
        unsafe base = block
        capacity = size
    }
}
