import GatewayCore
import Synchronization

/// Sends a workload to an OpenAI-compatible server over HTTP/1.1 and checks every event of every answer.
/// One thread, which owns everything here.
package final class LoadClient {
    package struct Options: Sendable {
        package enum Loop: Sendable {
            /// So many requests in flight at all times.
            case closed(concurrency: Int)
            /// So many requests a second on average, whatever becomes of them (a Poisson process).
            case open(requestsPerSecond: Double)
        }
        package var address: SocketAddress
        /// For the Host header.
        package var authority: String
        package var model: String
        package var loop = Loop.closed(concurrency: 16)
        package var workload = WorkloadKind.mix
        package var seed: UInt64 = 1
        package var maxTokens: Int?
        /// A closed loop's sessions begin spread over this time, not all at once.
        package var rampSeconds = 0.0
        /// nil: until stopped or out of requests.
        package var seconds: Double?
        package var requests: Int?

        package init(address: SocketAddress, authority: String, model: String) {
            self.address = address
            self.authority = authority
            self.model = model
        }
    }

    /// Requests in flight at most in an open loop.
    private static let maxInFlight = 10_000
    private static let keptConnectionLimit: UInt64 = 3_500_000_000
    private static let silenceLimit: UInt64 = 120_000_000_000
    private static let stopToken: UInt64 = 1

    let options: Options
    var report = LoadReport()
    private var schedule: LoadSchedule
    private var poller = Poller()
    private var exchanges: [UInt64: LoadExchange] = [:]
    /// Connections without a request, the one used last at the end.
    private var idle: [LoadExchange] = []
    private var nextToken: UInt64 = 16
    private var now: UInt64
    private let start: UInt64
    private var lastSweep: UInt64 = 0
    /// After a failure nothing is sent for a moment, so that a server that is down isn't hammered.
    private var pausedUntil: UInt64 = 0
    private static let pauseAfterFailure: UInt64 = 100_000_000

    package init(_ options: Options) {
        self.options = options
        now = MonotonicClock.now()
        start = now
        schedule = LoadSchedule(options, start: now)
    }

    /// Runs until the options' end, the answers in flight included, or until stopped, which cuts them.
    /// - Parameters:
    ///   - mix: asked four times a second for what to send from then on; nil: as the options say.
    ///   - progress: gets the report as often.
    package func run(
        until stop: StopSignal, mix: () -> LoadMix? = { nil },
        progress: @escaping (LoadReport) -> Void = { _ in }
    ) -> LoadReport {
        var sent: LoadMix?
        poller.add(stop.fd, token: Self.stopToken, .read)
        while !stop.isRequested {
            let starting = schedule.mayStart(at: now, started: report.started)
            if starting { startDue() } else if active == 0 { break }
            let wait = now < pausedUntil ? 50 : schedule.waitMilliseconds(at: now, active: active)
            let ready = poller.wait(milliseconds: wait)
            now = MonotonicClock.now()
            for index in 0..<ready { handle(poller.event(index)) }
            if now - lastSweep > 250_000_000 {
                sweep()
                progress(current())
                if let wanted = mix(), wanted != sent {
                    schedule.change(to: wanted, at: now)
                    sent = wanted
                }
            }
        }
        report.cut = active
        for exchange in exchanges.values { Sockets.close(exchange.fd) }
        exchanges = [:]
        idle = []
        progress(current())
        return current()
    }

    private var active: Int { exchanges.count - idle.count }

    private func current() -> LoadReport {
        var copy = report
        copy.seconds = Double(now - start) / 1e9
        copy.inFlight = active
        return copy
    }

    private func startDue() {
        while now >= pausedUntil, schedule.mayStart(at: now, started: report.started),
            let job = schedule.next(at: now, active: active)
        {
            report.started += 1
            if active >= Self.maxInFlight {
                fail(job, .notStarted, "\(active) requests are in flight")
            } else {
                send(job)
            }
        }
    }

    private func send(_ job: LoadJob) {
        if !job.isRetry, let kept = idle.popLast() { return transmit(job, on: kept) }
        do throws(Sockets.Failure) {
            let fd = try Sockets.connect(to: options.address).release()
            nextToken += 1
            let exchange = LoadExchange(fd: fd, token: nextToken, now: now)
            exchanges[nextToken] = exchange
            poller.add(fd, token: nextToken, [.read, .write, .hangUp])
            transmit(job, on: exchange)
        } catch {
            fail(job, .connect, error.description)
        }
    }

    private func transmit(_ job: LoadJob, on exchange: LoadExchange) {
        let session = job.request.namesSession ? "x-session-id: \(job.request.session)\r\n" : ""
        let parent = job.request.parent.map { "x-parent-session-id: \($0)\r\n" } ?? ""
        let head = """
            POST /v1/chat/completions HTTP/1.1\r\nHost: \(options.authority)\r\nContent-Type: application/json\r\n\
            x-signalbox-tenant: \(job.request.tenant)\r\n\(session)\(parent)Content-Length: \(job.request.body.utf8.count)\r\n\r\n
            """
        exchange.begin(job, head + job.request.body, now: now)
        if exchange.isConnected { flush(exchange) }
    }

    private func handle(_ event: Poller.Event) {
        guard let exchange = exchanges[event.token] else { return }
        if !exchange.isConnected {
            guard event.hasFailed || event.ready.contains(.write) else { return }
            let code = Sockets.pendingError(exchange.fd)
            guard code == 0 else { return lose(exchange, .connect, describe(errno: code)) }
            exchange.isConnected = true
        }
        if event.ready.contains(.write) { flush(exchange) }
        guard exchanges[event.token] != nil else { return }
        if event.ready.contains(.read) || event.ready.contains(.hangUp) || event.hasFailed {
            receive(exchange)
        }
    }

    private func flush(_ exchange: LoadExchange) {
        if case .failed(let code) = exchange.output.send(to: exchange.fd) {
            return lose(exchange, .truncated, describe(errno: code))
        }
        let waits = !exchange.output.isEmpty
        guard waits != exchange.waitsForWrite else { return }
        exchange.waitsForWrite = waits
        poller.modify(
            exchange.fd, token: exchange.token, waits ? [.read, .write, .hangUp] : [.read, .hangUp])
    }

    private func receive(_ exchange: LoadExchange) {
        switch exchange.input.receive(from: exchange.fd, atMost: 65_536) {
        case .wouldBlock: return
        case .closed: return lose(exchange, .truncated, "the connection was closed")
        case .failed(let code): return lose(exchange, .truncated, describe(errno: code))
        case .bytes:
            guard exchange.job != nil else { return drop(exchange) }
            switch exchange.advance(now: now) {
            case .more: break
            case .failed(let kind, let detail): lose(exchange, kind, detail)
            case .complete: complete(exchange)
            }
        }
    }

    private func complete(_ exchange: LoadExchange) {
        guard let job = exchange.job, let head = exchange.head else { return }
        exchange.job = nil
        exchange.served += 1
        settle(job, exchange, head)
        if head.keepsAlive, exchange.input.isEmpty { idle.append(exchange) } else { drop(exchange) }
    }

    /// Counts an answer that is complete.
    private func settle(_ job: LoadJob, _ exchange: LoadExchange, _ head: ResponseHead) {
        guard head.status == 200 else {
            return fail(job, .status(head.status), String(decoding: exchange.body.prefix(300), as: UTF8.self))
        }
        guard head.isEventStream else {
            return fail(job, .badResponse, "a streamed answer must be text/event-stream")
        }
        exchange.checker.finish()
        if let fault = exchange.checker.fault { return fail(job, fault, exchange.checker.example) }
        report.completed += 1
        let tokens = exchange.checker.usage?.completion ?? exchange.checker.tokens
        report.outputTokens += tokens
        report.promptTokens += exchange.checker.usage?.prompt ?? 0
        report.cachedTokens += exchange.checker.usage?.cached ?? 0
        report.endToEnd.record(nanoseconds: now - job.due)
        if let first = exchange.firstToken {
            report.timeToFirstToken.record(nanoseconds: first - job.due)
            if tokens > 1 {
                report.timePerOutputToken.record(
                    nanoseconds: (exchange.lastToken - first) / UInt64(tokens - 1))
            }
        }
        schedule.goOn(job.session, reply: exchange.checker.text, at: now)
    }

    /// The session of a failed request is over.
    private func fail(_ job: LoadJob, _ kind: LoadFault, _ detail: String) {
        pausedUntil = now + Self.pauseAfterFailure
        schedule.end(session: job.session.name)
        report.faults[kind, default: 0] += 1
        if report.examples[kind] == nil { report.examples[kind] = detail }
    }

    /// The connection is of no more use, and what was asked on it has failed.
    private func lose(_ exchange: LoadExchange, _ kind: LoadFault, _ detail: String) {
        drop(exchange)
        guard var job = exchange.job else { return }
        exchange.job = nil
        // A kept connection that the server closed meanwhile says nothing about the request: once more.
        if exchange.served > 0, exchange.head == nil, exchange.input.isEmpty, !job.isRetry {
            job.isRetry = true
            return send(job)
        }
        fail(job, kind, detail)
    }

    private func drop(_ exchange: LoadExchange) {
        guard exchanges.removeValue(forKey: exchange.token) != nil else { return }
        idle.removeAll { $0 === exchange }
        Sockets.close(exchange.fd)
    }

    private func sweep() {
        lastSweep = now
        for exchange in idle where now - exchange.lastActivity > Self.keptConnectionLimit { drop(exchange) }
        for exchange in Array(exchanges.values)
        where exchange.job != nil && now - exchange.lastActivity > Self.silenceLimit {
            lose(exchange, .timeout, "nothing came for \(Self.silenceLimit / 1_000_000_000) s")
        }
    }
}
