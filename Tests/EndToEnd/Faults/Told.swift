import Foundation

/// What one client was told, judged as an honest answer or not.
struct Told {
    enum Verdict: Equatable {
        /// All of it, and it says so.
        case whole
        /// A true status before anything was sent, and its reason.
        case refused(Int, String)
        /// A part of it and an error that says so.
        case brokenOff(String)
        /// A part of an answer in one piece, shorter than its length said.
        case torn
        /// Anything else: what is wrong.
        case lie(String)
    }

    private(set) var text = ""
    private(set) var finish: String?
    private(set) var errors: [String] = []
    private(set) var doneCount = 0
    private(set) var ids: Set<String> = []
    private(set) var roles = 0
    private(set) var status = 0
    /// The numbers of the last usage object.
    private(set) var usage: [String: Int] = [:]
    private var isWhole = false
    private var isInOnePiece = false
    private var problem: String?

    init(_ client: Crowd.Client) {
        guard client.end == .closed else {
            problem = "the connection ended by \(client.end.map { "\($0)" } ?? "nothing")"
            return
        }
        guard let answer = RawAnswer(client.bytes) else {
            problem = "no answer: \(String(decoding: client.bytes.prefix(200), as: UTF8.self))"
            return
        }
        status = answer.status
        isWhole = answer.isWhole
        if answer.header("content-type")?.hasPrefix("text/event-stream") == true {
            for event in answer.events { take(event) }
            if !answer.text.isEmpty, !answer.text.hasSuffix("\n\n") { problem = "the last event has no end" }
        } else {
            takeWhole(answer)
        }
    }

    private mutating func take(_ event: String) {
        if event.hasPrefix(":") { return }
        if doneCount > 0 { problem = "an event behind [DONE]: \(event)" }
        guard event.hasPrefix("data: ") else {
            problem = "no event: \(event)"
            return
        }
        let data = event.dropFirst(6).dropLast(2)
        if data == "[DONE]" {
            doneCount += 1
            return
        }
        // Not JSONDecoder: there are a hundred thousand of them.
        guard let json = try? JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any] else {
            problem = "no JSON: \(data)"
            return
        }
        if let error = json["error"] as? [String: Any] {
            errors.append(error["message"] as? String ?? "")
            return
        }
        if !errors.isEmpty { problem = "an event behind the error: \(data)" }
        takeContent(json)
    }

    private mutating func takeContent(_ json: [String: Any]) {
        if let id = json["id"] as? String { ids.insert(id) }
        if let counts = json["usage"] as? [String: Any] { usage = counts.compactMapValues { $0 as? Int } }
        guard let choice = (json["choices"] as? [[String: Any]])?.first else { return }
        if finish != nil { problem = "more behind the finish reason" }
        let delta = choice["delta"] as? [String: Any] ?? choice["message"] as? [String: Any]
        if choice["delta"] != nil, delta?["role"] is String { roles += 1 }
        text += delta?["content"] as? String ?? choice["text"] as? String ?? ""
        finish = choice["finish_reason"] as? String ?? finish
        for ids in [choice["token_ids"], choice["prompt_token_ids"], json["prompt_token_ids"]]
        where ids is [Any] {
            problem = "token ids that nobody asked for"
        }
    }

    private mutating func takeWhole(_ answer: RawAnswer) {
        isInOnePiece = answer.header("content-length") != nil
        guard isWhole else { return }
        guard let json = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any] else {
            problem = "no JSON: \(answer.text.prefix(300))"
            return
        }
        if let error = json["error"] as? [String: Any] {
            return errors.append(error["message"] as? String ?? "")
        }
        takeContent(json)
        doneCount = 1
        roles = 1
    }

    /// - Parameters:
    ///   - wanted: the text of the undisturbed answer.
    ///   - tokens: how many it has.
    func verdict(wanted: String, tokens: Int, isChat: Bool) -> Verdict {
        if let problem { return .lie(problem) }
        if !isWhole, status == 200, isInOnePiece { return .torn }
        if !isWhole { return .lie("its framing has no end, after \(text.count) characters") }
        if status != 200 {
            return errors.count == 1 && errors[0] != "" && status >= 400
                ? .refused(status, errors[0]) : .lie("status \(status) without its reason")
        }
        if !wanted.hasPrefix(text) { return .lie("another text: \(Self.difference(text, wanted))") }
        if errors.isEmpty, finish == "abort", doneCount == 1 { return .brokenOff("finish_reason abort") }
        if errors.isEmpty {
            guard text == wanted else {
                return .lie("cut short in silence at \(text.count) of \(wanted.count)")
            }
            guard finish == "length", doneCount == 1 else {
                return .lie("finish \(finish ?? "--"), \(doneCount) [DONE]")
            }
            guard ids.count == 1 else { return .lie("\(ids.count) ids: \(ids)") }
            guard !isChat || roles == 1 else { return .lie("\(roles) roles") }
            if let told = usage["completion_tokens"], told != tokens {
                return .lie("usage says \(told) tokens instead of \(tokens)")
            }
            return .whole
        }
        guard errors.count == 1, errors[0] != "" else { return .lie("\(errors.count) errors: \(errors)") }
        return finish == nil ? .brokenOff(errors[0]) : .lie("finish \(finish ?? "") and an error")
    }

    private static func difference(_ text: String, _ wanted: String) -> String {
        let same = text.commonPrefix(with: wanted).count
        return "\(text.count) of \(wanted.count) characters, equal up to \(same), then "
            + "`\(text.dropFirst(same).prefix(40))` instead of `\(wanted.dropFirst(same).prefix(40))`"
    }
}
