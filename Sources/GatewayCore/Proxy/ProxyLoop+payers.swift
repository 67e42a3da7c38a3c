/// Who a request is for: its tenant and its session, as hashes where they are counted and as names where they are shown.
extension ProxyLoop {
    /// Of the tenant's name, which the header gives, or the body, or else the key that the client came with; 0: none does.
    func tenantHash(of fd: Int32) -> UInt64 {
        let named = clients[fd].head.tenant
        if !named.isEmpty { return clients[fd].input.withBytes { PromptHash.of($0, named.range) } }
        let user = clients[fd].facts.tenant
        if !user.isEmpty { return clients[fd].withBody { PromptHash.of($0, user.range) } }
        let key = clients[fd].head.authorization.range
        guard !key.isEmpty else { return 0 }
        return clients[fd].input.withBytes { $0.blockHash(at: key.lowerBound, count: key.count, seed: 0) }
    }

    /// Of the session's id; nil: the request names none.
    func sessionHash(of fd: Int32) -> UInt64? {
        let header = clients[fd].head.session
        if !header.isEmpty { return clients[fd].input.withBytes { PromptHash.of($0, header.range) } }
        let field = clients[fd].facts.session
        guard !field.isEmpty else { return nil }
        return clients[fd].withBody { PromptHash.of($0, field.range) }
    }

    /// A name as it is shown. One that was cut says so, and is nobody's.
    private static func name(_ bytes: RawSpan, _ range: Range<Int>) -> String {
        bytes.text(range.prefix(PayerName.longest)) + (range.count > PayerName.longest ? "…" : "")
    }

    /// A key is never shown: eight digits of its hash tell it from others.
    func tenantName(of fd: Int32) -> String? {
        let named = clients[fd].head.tenant
        if !named.isEmpty {
            return clients[fd].input.withBytes { Self.name($0, named.range) }
        }
        let user = clients[fd].facts.tenant
        if !user.isEmpty { return clients[fd].withBody { Self.name($0, user.range) } }
        let hash = clients[fd].exchange.tenant
        guard hash != 0 else { return nil }
        let digits = String(hash & 0xFFFF_FFFF, radix: 16)
        return "key " + String(repeating: "0", count: 8 - digits.count) + digits
    }

    func sessionName(of fd: Int32) -> String? {
        let header = clients[fd].head.session
        if !header.isEmpty {
            return clients[fd].input.withBytes { Self.name($0, header.range) }
        }
        let field = clients[fd].facts.session
        return field.isEmpty ? nil : clients[fd].withBody { Self.name($0, field.range) }
    }

    func payers(of fd: Int32) -> Payers {
        var payers = Payers()
        payers.tenant = clients[fd].exchange.tenant
        payers.session = clients[fd].exchange.sessionHash ?? 0
        payers.model = clients[fd].exchange.model
        payers.parent = parentHash(of: fd) ?? 0
        return payers
    }

    /// Of the id of the session that began its session; nil: the request names none.
    func parentHash(of fd: Int32) -> UInt64? {
        let parent = clients[fd].head.parent
        return parent.isEmpty ? nil : clients[fd].input.withBytes { PromptHash.of($0, parent.range) }
    }

    /// The ledger gets hashes with every request and each name only once, as far as is remembered.
    mutating func tellNames(of fd: Int32) {
        let tenant = clients[fd].exchange.tenant
        if tenant != 0, toldNames.isNew(tenant), let name = tenantName(of: fd) {
            names.append(PayerName(kind: .tenant, hash: tenant, name: name))
        }
        guard let session = clients[fd].exchange.sessionHash, toldNames.isNew(~session),
            let name = sessionName(of: fd)
        else { return }
        names.append(PayerName(kind: .session, hash: session, name: name))
    }
}

/// Which names were told: one of two that share a place is told again each time.
struct ToldNames: Sendable {
    private static let places = 4096
    private var hashes: [UInt64] = []

    mutating func isNew(_ hash: UInt64) -> Bool {
        if hashes.isEmpty { hashes = Array(repeating: 0, count: Self.places) }
        let place = Int(hash % UInt64(Self.places))
        guard hashes[place] != hash else { return false }
        hashes[place] = hash
        return true
    }

    mutating func forget() { hashes = [] }
}
