import TestSupport

/// Clients that ask one question after the other, as many at once as wanted; answers are judged as they end.
final class ClosedLoop {
    private let scene: FaultScene
    private let questions: [Question]
    private let wanted: [String]
    private let concurrency: Int
    private let crowd: Crowd
    private var asked: [ObjectIdentifier: Int] = [:]
    private var unjudged: [Crowd.Client] = []
    private var next = 0
    private var isOpen = true
    /// How many answers came, by verdict, and the first that was not whole.
    private(set) var whole = 0
    private(set) var others: [Told.Verdict] = []
    private(set) var wholeTokens = 0
    /// Clients that went away.
    private(set) var vanished = 0
    private(set) var longestGap: UInt64 = 0

    init(_ scene: FaultScene, _ questions: [Question], concurrency: Int) async throws {
        self.scene = scene
        self.questions = questions
        self.concurrency = concurrency
        wanted = try await Question.undisturbed(questions, scene.signalbox)
        crowd = try Crowd(scene.gateway.url)
    }

    var ended: Int { whole + others.count + unjudged.count }
    var sent: Int { next }

    func turn() throws {
        // Answers come faster than they can be judged: nobody asks while too many wait for that.
        while isOpen, crowd.openCount < concurrency, unjudged.count < 2 * concurrency {
            let client = try crowd.add(questions[next % questions.count].request)
            asked[ObjectIdentifier(client)] = next % questions.count
            next += 1
        }
        crowd.turn(milliseconds: 10)
        unjudged += crowd.takeEnded()
        // One a turn, so that reading is not held up and gaps are those of the gateway.
        if let client = unjudged.popLast() { judge(client) }
    }

    /// The client that has waited the longest goes away.
    func vanish(byReset: Bool) {
        guard let client = crowd.clients.first(where: { $0.end == nil && $0.hasText && !$0.isLeaving }) else {
            return
        }
        crowd.leave(client, byReset: byReset)
    }

    private func judge(_ client: Crowd.Client) {
        guard let number = asked.removeValue(forKey: ObjectIdentifier(client)) else { return }
        if client.isLeaving {
            vanished += 1
            return
        }
        let question = questions[number]
        let verdict = Told(client).verdict(
            wanted: wanted[number], tokens: question.tokens, isChat: question.isChat)
        longestGap = max(longestGap, client.longestGap)
        if verdict == .whole {
            whole += 1
            wholeTokens += question.tokens
        } else {
            others.append(verdict)
        }
    }

    /// Goes on until a condition holds.
    func run(
        until what: String, within seconds: Double = 60, at place: String = #fileID, line: Int = #line,
        _ condition: () throws -> Bool
    ) throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while try !condition() {
            try turn()
            guard ContinuousClock.now < deadline else {
                throw NotInTime(description: "\(place):\(line): not within \(seconds) s: \(what)")
            }
        }
    }

    /// Goes on while a program runs to its end, which must be a success.
    func run(_ words: [String], within seconds: Double = 60) throws {
        let program = try scene.signalbox.start(words + ["--admin", scene.gateway.admin])
        try run(until: "`\(words.joined(separator: " "))` has ended", within: seconds) {
            program.status != nil
        }
        guard program.status == 0 else { throw Program.Failure(description: program.errors) }
    }

    /// No more questions; the answers that are due come in.
    func end(within seconds: Double = 60) throws {
        isOpen = false
        try run(until: "the last answers", within: seconds) { crowd.openCount == 0 }
        for client in unjudged + crowd.takeEnded() { judge(client) }
        unjudged = []
    }
}
