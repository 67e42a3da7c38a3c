/// Why a ZMTP connection cannot go on.
enum ZMTPFault: Error, Equatable, CustomStringConvertible {
    /// The first bytes are no ZMTP greeting.
    case notZMTP
    /// ZMTP 1 or 2, of libzmq before 4.0.
    case oldVersion(UInt8)
    /// It wants PLAIN, CURVE or GSSAPI.
    case mechanism(String)
    /// The peer's socket is of a type that does not go with ours.
    case socketType(String)
    /// The peer refused and said why.
    case refused(String)
    /// A frame or message over the limit.
    case tooLarge(bytes: UInt64)
    /// Bytes that ZMTP does not allow there.
    case malformed(String)

    var description: String {
        switch self {
        case .notZMTP: "no ZeroMQ socket answers there"
        case .oldVersion(let major): "the peer speaks ZMTP \(major), of libzmq before 4.0"
        case .mechanism(let name): "the peer wants the mechanism \(name); only NULL is spoken here"
        case .socketType(let name): "the peer is a \(name) socket"
        case .refused(let reason): "the peer refused: \(reason)"
        case .tooLarge(let bytes): "a message of \(bytes) bytes or more is over the limit"
        case .malformed(let what): "\(what) breaks ZMTP"
        }
    }
}

/// What a peer's bytes ask of the owner of a connection.
enum ZMTPAction: Equatable {
    case send([UInt8])
    /// The handshake is done; messages may be sent.
    case ready
    /// A whole message, its frames in order.
    case message([[UInt8]])
}

/// One side of a ZMTP 3.0 or 3.1 connection with the NULL mechanism: the peer's bytes in, actions out; no socket, no clock.
///
/// After RFC 23 (ZMTP 3.0) and RFC 37 (ZMTP 3.1) of rfc.zeromq.org. Subscriptions go as a message to a 3.0 peer and as a
/// command to a 3.1 one, and a PING is answered.
struct ZMTPConnection: ~Copyable {
    /// Which socket we are: a SUB that wants every topic, or a DEALER.
    enum Role: String { case subscriber = "SUB", dealer = "DEALER" }

    static let frameLimit = 16 * 1024 * 1024
    static let messageLimit = 32 * 1024 * 1024
    static let framesPerMessage = 16
    private static let greetingSize = 64

    private enum Phase { case signature, greeting, handshake, open, failed }

    private let role: Role
    private var phase = Phase.signature
    private var input: [UInt8] = []
    /// What of `input` is dealt with.
    private var start = 0
    private var frames: [[UInt8]] = []
    private var messageBytes = 0
    /// Of the version that both speak, 3.minor.
    private(set) var peerMinor: UInt8 = 0

    init(_ role: Role) { self.role = role }

    var isOpen: Bool { phase == .open }

    /// The 64 bytes that are sent first.
    static let greeting: [UInt8] = {
        var bytes: [UInt8] = [0xff, 0, 0, 0, 0, 0, 0, 0, 0x01, 0x7f, 3, 1]
        bytes += Array("NULL".utf8)
        return bytes + Array(repeating: 0, count: greetingSize - bytes.count)
    }()

    /// Takes bytes that came, in any pieces.
    mutating func take(_ bytes: [UInt8]) throws(ZMTPFault) -> [ZMTPAction] {
        guard phase != .failed else { return [] }
        input += bytes
        var actions: [ZMTPAction] = []
        do throws(ZMTPFault) {
            while try step(&actions) {}
        } catch {
            phase = .failed
            throw error
        }
        if start > 0 {
            input.removeFirst(start)
            start = 0
        }
        return actions
    }

    private var available: Int { input.count - start }

    /// Goes one step on; false when more bytes are needed.
    private mutating func step(_ actions: inout [ZMTPAction]) throws(ZMTPFault) -> Bool {
        switch phase {
        case .failed: return false
        case .signature:
            guard let first = input.first else { return false }
            guard first == 0xff, available < 10 || input[9] == 0x7f else { throw .notZMTP }
            guard available > 10 else { return false }
            guard input[10] >= 3 else { throw .oldVersion(input[10]) }
            phase = .greeting
            return true
        case .greeting:
            guard available >= Self.greetingSize else { return false }
            try readGreeting(&actions)
            return true
        case .handshake, .open:
            guard let frame = try nextFrame() else { return false }
            if frame.isCommand {
                try command(frame.body, &actions)
            } else {
                try message(frame, &actions)
            }
            return true
        }
    }

    private mutating func readGreeting(_ actions: inout [ZMTPAction]) throws(ZMTPFault) {
        let mechanism = input[12..<32].prefix { $0 != 0 }
        guard Array(mechanism) == Array("NULL".utf8) else {
            throw .mechanism(Self.printable(mechanism))
        }
        peerMinor = input[10] > 3 ? 1 : min(1, input[11])
        start = Self.greetingSize
        phase = .handshake
        actions.append(.send(Self.command("READY", Self.property("Socket-Type", role.rawValue))))
    }

    // MARK: frames

    private struct Frame {
        var isCommand: Bool
        var hasMore: Bool
        var body: [UInt8]
    }

    /// The next whole frame; nil when it has not all come.
    private mutating func nextFrame() throws(ZMTPFault) -> Frame? {
        guard available >= 2 else { return nil }
        let flags = input[start]
        guard flags & 0xf8 == 0 else { throw .malformed("a frame with reserved flags") }
        let isLong = flags & 2 != 0
        let headSize = isLong ? 9 : 2
        guard available >= headSize else { return nil }
        var size: UInt64 = 0
        for byte in input[(start + 1)..<(start + headSize)] { size = size << 8 | UInt64(byte) }
        guard size <= Self.frameLimit else { throw .tooLarge(bytes: size) }
        guard available - headSize >= Int(size) else { return nil }
        let isCommand = flags & 4 != 0
        guard !isCommand || flags & 1 == 0 else { throw .malformed("a command in several frames") }
        start += headSize
        let body = Array(input[start..<(start + Int(size))])
        start += Int(size)
        return Frame(isCommand: isCommand, hasMore: flags & 1 != 0, body: body)
    }

    private mutating func message(_ frame: Frame, _ actions: inout [ZMTPAction]) throws(ZMTPFault) {
        guard phase == .open else { throw .malformed("a message before READY") }
        messageBytes += frame.body.count
        guard messageBytes <= Self.messageLimit, frames.count < Self.framesPerMessage else {
            throw .tooLarge(bytes: UInt64(messageBytes))
        }
        frames.append(frame.body)
        if frame.hasMore { return }
        actions.append(.message(frames))
        frames = []
        messageBytes = 0
    }

    // MARK: commands

    private mutating func command(_ body: [UInt8], _ actions: inout [ZMTPAction]) throws(ZMTPFault) {
        guard let size = body.first, body.count > Int(size), size > 0 else {
            throw .malformed("a command without a name")
        }
        let data = body.dropFirst(1 + Int(size))
        switch String(decoding: body[1...Int(size)], as: UTF8.self) {
        case "READY" where phase == .handshake:
            try check(data)
            phase = .open
            if role == .subscriber { actions.append(.send(subscription)) }
            actions.append(.ready)
        case "ERROR": throw .refused(Self.printable(data.dropFirst()))
        case "PING":
            // The first two bytes are the peer's patience; the rest, at most 16, comes back.
            guard data.count >= 2, data.count <= 18 else { throw .malformed("a PING of \(data.count) bytes") }
            actions.append(.send(Self.command("PONG", Array(data.dropFirst(2)))))
        default:
            // PONG, and whatever a later version has.
            guard phase == .open else { throw .malformed("a command before READY") }
        }
    }

    /// The peer's socket must be one that ours talks to.
    private func check(_ properties: ArraySlice<UInt8>) throws(ZMTPFault) {
        var rest = properties
        while let size = rest.first {
            rest = rest.dropFirst()
            guard rest.count >= Int(size) + 4 else { throw .malformed("a property that is cut off") }
            let name = String(decoding: rest.prefix(Int(size)), as: UTF8.self)
            rest = rest.dropFirst(Int(size))
            var length = 0
            for byte in rest.prefix(4) { length = length << 8 | Int(byte) }
            rest = rest.dropFirst(4)
            guard rest.count >= length else { throw .malformed("a property that is cut off") }
            if name.lowercased() == "socket-type" {
                let type = Self.printable(rest.prefix(length))
                let fitting = role == .subscriber ? ["PUB", "XPUB"] : ["ROUTER", "DEALER", "REP"]
                guard fitting.contains(type) else { throw .socketType(type) }
            }
            rest = rest.dropFirst(length)
        }
    }

    private var subscription: [UInt8] {
        peerMinor >= 1 ? Self.command("SUBSCRIBE", []) : Self.message([[1]])
    }

    /// Asks whether the peer is still there; only a 3.1 peer knows the question.
    /// - Parameter patience: what the peer may take for our death, in seconds.
    func ping(patience: Double) -> [UInt8]? {
        guard phase == .open, peerMinor >= 1 else { return nil }
        let tenths = UInt16(min(65_535, max(0, patience * 10)))
        return Self.command("PING", [UInt8(tenths >> 8), UInt8(tenths & 0xff)])
    }

    // MARK: writing

    static func message(_ frames: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (index, frame) in frames.enumerated() {
            append(frame, flags: index + 1 < frames.count ? 1 : 0, to: &bytes)
        }
        return bytes
    }

    static func command(_ name: String, _ data: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        append([UInt8(name.utf8.count)] + Array(name.utf8) + data, flags: 4, to: &bytes)
        return bytes
    }

    private static func append(_ body: [UInt8], flags: UInt8, to bytes: inout [UInt8]) {
        if body.count < 256 {
            bytes += [flags, UInt8(body.count)]
        } else {
            bytes.append(flags | 2)
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: body.count >> shift))
            }
        }
        bytes += body
    }

    private static func property(_ name: String, _ value: String) -> [UInt8] {
        let size = UInt32(value.utf8.count)
        return [UInt8(name.utf8.count)] + Array(name.utf8)
            + stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: size >> UInt32($0)) }
            + Array(value.utf8)
    }

    /// What a peer says of itself, safe to show.
    private static func printable(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.prefix(80).map { (0x20..<0x7f).contains($0) ? $0 : 0x3f }, as: UTF8.self)
    }
}
