import Foundation
import GatewayCore
import TestSupport

@testable import Collectors

/// A publisher of KV events over libzmq, a child process: `kv_publisher.py`.
final class LibzmqPublisher {
    static let packages = ["pyzmq==27.3.0", "msgpack==1.2.4"]

    private let process = Process()
    private let orders = Pipe()
    private let answers = Pipe()
    private(set) var ports: [Int] = []

    /// nil where Python or the packages can't be had.
    init?(ports wanted: [Int] = [0, 0], topicless: Bool = false) throws {
        guard let python = try PythonPackages.python(with: Self.packages, for: "KV events from libzmq") else {
            return nil
        }
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("kv_publisher.py").path
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [script] + wanted.map { "\($0)" } + (topicless ? ["topicless"] : [])
        process.standardInput = orders
        process.standardOutput = answers
        try process.run()
        ports = try JSONDecoder().decode([Int].self, from: Data(line().utf8))
    }

    deinit { end() }

    func end() {
        guard process.isRunning else { return }
        // The test's threads block TERM, and so does their child.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// What a feed is told of it.
    func source(replays: Bool = true) throws -> KVEventSource {
        KVEventSource(
            endpoint: try KVEndpoint(parsing: "tcp://127.0.0.1:\(ports[0])"),
            replay: replays ? try KVEndpoint(parsing: "tcp://127.0.0.1:\(ports[1])") : nil)
    }

    enum Shape: String { case map, array }

    func publish(_ events: [[String: Any]], _ shape: Shape = .map, times: Int = 1) throws {
        try order(["op": "publish", "events": events, "shape": shape.rawValue, "times": times])
    }

    /// Numbers them, and keeps them for a replay, but sends them to nobody.
    func lose(_ events: [[String: Any]]) throws {
        try order(["op": "lose", "events": events, "shape": "map"])
    }

    func publish(payload: [UInt8]) throws {
        try order(["op": "publish", "payload": payload.map { String(format: "%02x", $0) }.joined()])
    }

    /// Keeps nothing for a replay any more.
    func forget() throws { try order(["op": "forget"]) }

    private func order(_ order: [String: Any]) throws {
        var data = try JSONSerialization.data(withJSONObject: order)
        data.append(0x0A)
        try orders.fileHandleForWriting.write(contentsOf: data)
        _ = line()
    }

    private func line() -> String {
        var bytes: [UInt8] = []
        while let byte = answers.fileHandleForReading.readData(ofLength: 1).first, byte != 0x0A {
            bytes.append(byte)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A prompt of a number that makes it unlike others, as 16-token blocks with the hashes of an engine.
struct Prompt {
    let number: Int
    let blocks: Int

    var tokens: [UInt32] { (0..<(blocks * 16)).map { UInt32(number * 1_000_000 + $0) } }
    var hashes: [Any] { (0..<blocks).map { UInt64(number) << 32 | 0xf000_0000_0000_0000 | UInt64($0) } }
    /// Of a text of which each block of 256 bytes has 64 tokens.
    var chain: [UInt64] { (0..<(blocks / 4)).map { UInt64(number) << 32 | UInt64($0 + 1) } }

    /// The event of some of its blocks.
    func stored(_ range: Range<Int>? = nil) -> [String: Any] {
        let range = range ?? 0..<blocks
        return [
            "type": "BlockStored", "block_hashes": Array(hashes[range]),
            "parent_block_hash": range.lowerBound > 0 ? hashes[range.lowerBound - 1] : NSNull(),
            "token_ids": tokens[(range.lowerBound * 16)..<(range.upperBound * 16)].map { Int($0) },
            "block_size": 16, "lora_id": NSNull(), "medium": "GPU",
        ]
    }

    func removed(_ range: Range<Int>) -> [String: Any] {
        ["type": "BlockRemoved", "block_hashes": Array(hashes[range].reversed()), "medium": "GPU"]
    }

    func learn(_ presence: KVPresence) {
        let marks = chain.enumerated().map { TextMark(key: $1, bytes: ($0 + 1) * 256, endsBlock: true) }
        presence.learn(
            Tokenization(marks: marks, promptBytes: blocks * 64, promptIDs: tokens), model: 1)
    }
}
