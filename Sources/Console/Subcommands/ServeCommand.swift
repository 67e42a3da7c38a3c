import CLinux
import Collectors
import Foundation
import GatewayCore

/// The gateway alone.
enum ServeCommand {
    static let entry = Subcommand(
        name: "serve", arguments: "URL... | --config FILE",
        summary: "the gateway alone; prints one line when it is ready",
        flags: GatewaySettings.flags + [
            Flag(name: "--die-with-parent", help: "end when the process that started it ends")
        ],
        argumentCount: 0...4096
    ) { try run($0) }

    private static let stopSignals: [Int32] = [SIGTERM, SIGINT]

    static func run(_ arguments: Arguments) throws -> Int32 {
        let configuration = try GatewaySettings.configuration(arguments)
        if arguments.has("--die-with-parent") { Signals.dieWithParent() }
        Signals.ignore(SIGPIPE)
        Signals.ignore(SIGHUP)  // losing the terminal is no reason to drop streams
        Signals.block(stopSignals)
        let gateway = try Gateway.start(
            configuration, environment: ProcessInfo.processInfo.environment, version: Subcommands.version)
        let scraper = startScraper(configuration, gateway)
        print("signalbox ready on http://\(gateway.address) (admin \(gateway.adminSocket))")
        fflush(nil)
        waitForTheEnd(gateway)
        scraper.stop()
        return 0
    }

    /// TERM or INT: no new request, ends with the last stream; a second one: now.
    private static func waitForTheEnd(_ gateway: Gateway) {
        var stops = 0
        while !gateway.hasStopped {
            guard Signals.wait(for: stopSignals, milliseconds: 50) != nil else { continue }
            stops += 1
            if stops == 1 { complain("stops when the last stream has ended; again to stop now") }
            gateway.inbox.stop(stops == 1 ? .drain : .now)
        }
        gateway.cleanUp()
    }

    private static func isLocal(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }

    private static func startScraper(_ configuration: GatewayConfiguration, _ gateway: Gateway) -> Scraper {
        let hasDriver = FileManager.default.fileExists(atPath: "/dev/nvidiactl")
        let targets = configuration.nodes.map { node in
            var target = ScrapeTarget(name: node.name, url: node.url)
            target.apiKey = node.apiKey
            target.gpuMetricsURL = node.gpuMetricsURL
            target.hasLocalGPUs = hasDriver && node.gpuMetricsURL == nil && isLocal(node.url.host)
            return target
        }
        let feeds = configuration.nodes.enumerated().compactMap { index, node in
            node.kvEvents.map { KVFeedTarget(name: node.name, node: index, source: $0) }
        }
        var pace = ScrapePace()
        pace.intervalSeconds = configuration.scrape.intervalSeconds
        pace.timeoutSeconds = configuration.scrape.timeoutSeconds
        return Scraper.start(
            targets: targets, pace: pace, rests: { gateway.isInMaintenance($0) },
            feeds: feeds, presence: gateway.presence, publish: { gateway.inbox.accept($0) })
    }
}
