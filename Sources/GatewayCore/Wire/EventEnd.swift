extension RawSpan {
    /// Behind the blank line that ends the server-sent event at `start` (WHATWG HTML, section 9.2.6); nil: it goes on in a
    /// later read. A lone CR, which that page also takes for the end of a line, is what no engine sends.
    package func eventEnd(from start: Int) -> Int? {
        var from = start
        let count = byteCount
        while from < count, let newline = first(0x0A, in: from..<count) {
            let next = newline &+ 1
            if next < count, byte(next) == 0x0A { return next &+ 1 }
            if next &+ 1 < count, byte(next) == 0x0D, byte(next &+ 1) == 0x0A { return next &+ 2 }
            from = next
        }
        return nil
    }
}
