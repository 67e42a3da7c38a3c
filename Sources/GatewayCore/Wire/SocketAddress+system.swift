import CLinux

extension SocketAddress {
    /// Reads a numeric address such as "127.0.0.1" or "::1"; nil for names.
    package init?(numeric host: String, port: UInt16) {
        var v4 = in_addr()
        var v6 = in6_addr()
        if unsafe inet_pton(AF_INET, host, &v4) == 1 {
            let octets = unsafe withUnsafeBytes(of: v4) { unsafe Array($0) }
            self = .ip(octets: octets, port: port)
        } else if unsafe inet_pton(AF_INET6, host, &v6) == 1 {
            let octets = unsafe withUnsafeBytes(of: v6) { unsafe Array($0) }
            self = .ip(octets: octets, port: port)
        } else {
            return nil
        }
    }

    /// Asks the system's resolver; blocks, so never on a loop. Empty when the name is unknown.
    package static func resolve(host: String, port: UInt16) -> [SocketAddress] {
        if let numeric = SocketAddress(numeric: host, port: port) { return [numeric] }
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>? = nil
        guard unsafe getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { unsafe freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = unsafe list
        while let entry = unsafe next {
            if let raw = unsafe UnsafeRawPointer(entry.pointee.ai_addr),
                let address = unsafe SocketAddress(raw: raw, port: port), !found.contains(address)
            {
                found.append(address)
            }
            unsafe next = unsafe entry.pointee.ai_next
        }
        return found
    }

    /// - Parameter port: replaces the one at the address when given.
    init?(raw: UnsafeRawPointer, port: UInt16? = nil) {
        let family = unsafe Int32(raw.load(as: sockaddr.self).sa_family)
        if family == AF_INET {
            let v4 = unsafe raw.load(as: sockaddr_in.self)
            let octets = unsafe withUnsafeBytes(of: v4.sin_addr) { unsafe Array($0) }
            self = .ip(octets: octets, port: port ?? UInt16(bigEndian: v4.sin_port))
        } else if family == AF_INET6 {
            let v6 = unsafe raw.load(as: sockaddr_in6.self)
            let octets = unsafe withUnsafeBytes(of: v6.sin6_addr) { unsafe Array($0) }
            self = .ip(octets: octets, port: port ?? UInt16(bigEndian: v6.sin6_port))
        } else {
            return nil
        }
    }

    var family: Int32 {
        switch self {
        case .ip(let octets, _): octets.count == 4 ? AF_INET : AF_INET6
        case .unix: AF_UNIX
        }
    }

    /// Calls `body` with the system's form. A unix path that is too long gives nil.
    func withSystemForm<R>(_ body: (UnsafeRawPointer, UInt32) -> R) -> R? {
        switch self {
        case .ip(let octets, let port) where octets.count == 4:
            var v4 = sockaddr_in()
            v4.sin_family = sa_family_t(AF_INET)
            v4.sin_port = port.bigEndian
            unsafe withUnsafeMutableBytes(of: &v4.sin_addr) { unsafe $0.copyBytes(from: octets) }
            return unsafe withUnsafeBytes(of: v4) { unsafe body($0.baseAddress!, UInt32($0.count)) }
        case .ip(let octets, let port):
            var v6 = sockaddr_in6()
            v6.sin6_family = sa_family_t(AF_INET6)
            v6.sin6_port = port.bigEndian
            unsafe withUnsafeMutableBytes(of: &v6.sin6_addr) { unsafe $0.copyBytes(from: octets) }
            return unsafe withUnsafeBytes(of: v6) { unsafe body($0.baseAddress!, UInt32($0.count)) }
        case .unix(let path):
            var un = sockaddr_un()
            un.sun_family = sa_family_t(AF_UNIX)
            let bytes = Array(path.utf8)
            let fits = unsafe withUnsafeMutableBytes(of: &un.sun_path) { space in
                guard bytes.count < space.count else { return false }
                unsafe space.copyBytes(from: bytes)
                return true
            }
            guard fits else { return nil }
            return unsafe withUnsafeBytes(of: un) { unsafe body($0.baseAddress!, UInt32($0.count)) }
        }
    }
}

extension SocketAddress: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unix(let path): return path
        case .ip(let octets, let port):
            if octets.count == 4 { return octets.map(String.init).joined(separator: ".") + ":\(port)" }
            var text = [CChar](repeating: 0, count: 64)
            var raw = in6_addr()
            unsafe withUnsafeMutableBytes(of: &raw) { unsafe $0.copyBytes(from: octets) }
            unsafe inet_ntop(AF_INET6, &raw, &text, 64)
            let end = text.firstIndex(of: 0) ?? text.count
            return "[" + String(decoding: text[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
                + "]:\(port)"
        }
    }
}
