import GatewayCore

/// An answer that refuses, in vLLM's shapes (0.32, from live captures).
struct EngineError: Error, Equatable {
    let status: Int
    let body: String
    var retryAfterSeconds: Int?

    /// `{"error":{...}}`, as the completion routes answer.
    init(_ status: Int, type: String, _ message: String, parameter: String? = nil) {
        self.status = status
        body = Self.json(status, type: type, message, parameter: parameter)
    }

    private init(status: Int, detail: String) {
        self.status = status
        body = "{\"detail\":\(JSONValue.quoted(detail))}"
    }

    static func json(_ code: Int, type: String, _ message: String, parameter: String? = nil) -> String {
        """
        {"error":{"message":\(JSONValue.quoted(message)),"type":"\(type)",\
        "param":\(parameter.map(JSONValue.quoted) ?? "null"),"code":\(code)}}
        """
    }

    static let noSuchRoute = EngineError(status: 404, detail: "Not Found")
    static let wrongMethod = EngineError(status: 405, detail: "Method Not Allowed")

    /// What pydantic says of one field.
    static func validation(_ kind: String, at place: String, _ message: String, input: String) -> EngineError
    {
        EngineError(
            400, type: "Bad Request",
            "1 validation error:\n  {'type': '\(kind)', 'loc': '\(place)', 'msg': '\(message)', 'input': '\(input)'}",
            parameter: place)
    }

    static func badJSON(_ problem: JSONValue.Problem) -> EngineError {
        validation(
            "json_invalid", at: "body.\(problem.offset)", "JSON decode error", input: "<dict of 0 items>")
    }

    static func badParameter(_ name: String, _ value: String, _ message: String) -> EngineError {
        EngineError(
            400, type: "BadRequestError", "\(message) (parameter=\(name), value=\(value))", parameter: name)
    }

    static func unknownModel(_ asked: String, served: String) -> EngineError {
        EngineError(
            404, type: "NotFoundError", "The model `\(asked)` does not exist. Valid aliases: \(served).",
            parameter: "model")
    }

    static func tooLong(prompt: Int, limit: Int) -> EngineError {
        EngineError(
            400, type: "BadRequestError",
            "This model's maximum context length is \(limit) tokens. However, your prompt contains at least "
                + "\(prompt) input tokens, which exceeds this limit even without any output tokens. Please "
                + "reduce the length of the input prompt. (parameter=input_tokens, value=\(prompt))",
            parameter: "input_tokens")
    }

    static let coreDied = "EngineCore encountered an issue. See stack trace (above) for the root cause."

    static func internalError(_ status: Int) -> EngineError {
        EngineError(
            status, type: status == 503 ? "ServiceUnavailableError" : "InternalServerError", coreDied)
    }

    static let shuttingDown = EngineError(
        500, type: "InternalServerError", "cannot schedule new futures after shutdown")
}
