/// What a row of the screen is about, for who clicks on it.
package enum RowTarget: Equatable, Sendable {
    case node(String)
    case group(String)
    case gpu(node: String, number: Int)
    case stream(UInt64)
    /// Of a stream.
    case decision(UInt64)
    case event(UInt64)
    case session(String)
    /// Of costs, by its title.
    case spender(String)
}
