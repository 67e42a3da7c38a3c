import GatewayCore

/// Runs the program and returns its exit status.
package func runSignalbox(arguments: [String]) -> Int32 {
    print("signalbox \(arguments.joined(separator: " "))")
    return 0
}
