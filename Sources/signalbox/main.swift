import Console
import Glibc

exit(runSignalbox(arguments: Array(CommandLine.arguments.dropFirst())))
