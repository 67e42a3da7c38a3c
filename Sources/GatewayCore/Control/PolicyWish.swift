/// "foresight w=3 hold=0" as an operator writes it, on the command line or in the palette.
package struct PolicyWish: Sendable, Equatable {
    package var name: String
    package var parameters: [String: Double]

    /// - Parameter words: the name, then PARAMETER=NUMBER.
    package init(_ words: [String]) throws(InputProblem) {
        name = words.first ?? ""
        parameters = [:]
        for word in words.dropFirst() {
            let halves = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2, !halves[0].isEmpty, let number = Double(halves[1]), number.isFinite
            else {
                throw InputProblem("\(quoted(word)) is no parameter", remedy: "write one such as w=3")
            }
            parameters[String(halves[0])] = number
        }
    }

    package func command(model: String?) -> Command {
        .setPolicy(name: name, model: model, parameters: parameters.isEmpty ? nil : parameters)
    }
}
