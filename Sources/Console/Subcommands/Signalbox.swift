/// Runs the program and returns its exit status: 0 done, 1 refused or failed, 2 usage or configuration.
package func runSignalbox(arguments: [String]) -> Int32 { Subcommands.run(arguments) }
