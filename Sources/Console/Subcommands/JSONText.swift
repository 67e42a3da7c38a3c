import GatewayCore

/// JSON for scripts: keys in the order given, null where unknown.
indirect enum JSONText: Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case list([JSONText])
    case object([(String, JSONText)])

    init(_ number: Double?) { self = number.map { $0.isFinite ? .number($0) : .null } ?? .null }
    init(_ number: Int) { self = .number(Double(number)) }
    init(_ number: UInt64) { self = .number(Double(number)) }
    init(_ text: String?) { self = text.map { .string($0) } ?? .null }

    /// On one line.
    var text: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let value):
            value == value.rounded() && abs(value) < 9e15 ? "\(Int64(value))" : "\(value)"
        case .string(let value): Self.quoted(value)
        case .list(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
        case .object(let fields):
            "{" + fields.map { "\(Self.quoted($0.0)):\($0.1.text)" }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String { "\"\(jsonEscaped(text))\"" }
}
