/// Comma-separated values (RFC 4180): a header, then a line for each row, each ended by CR LF. Unknown is empty, never 0.
struct CSVText<Row> {
    var columns: [(name: String, value: @Sendable (Row) -> String?)]

    /// - first: columns with the same value in every line.
    func lines(_ rows: [Row], first: [(name: String, value: String)]) -> String {
        let header = first.map(\.name) + columns.map(\.name)
        let lines = rows.map { row in first.map(\.value) + columns.map { $0.value(row) ?? "" } }
        return ([header] + lines).map { $0.map(Self.quoted).joined(separator: ",") + "\r\n" }.joined()
    }

    static func number(_ value: Double?) -> String? {
        guard let value, value.isFinite else { return nil }
        return JSONText(value).text
    }

    /// In quotes where a comma, a quote or the end of a line is inside; a quote becomes two.
    private static func quoted(_ field: String) -> String {
        let isPlain = field.unicodeScalars.allSatisfy { !",\"\r\n".unicodeScalars.contains($0) }
        return isPlain ? field : "\"" + field.replacing("\"", with: "\"\"") + "\""
    }
}
