// Runs replay input through a session in this process and returns what it wrote.

import Foundation
import HarnessCore
import TestSupport

@testable import Engine

struct ReplayRun {
    var output = ""
    var failure: CommandFailure?
    var totals: ReplayTotals?

    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// - Parameter change: options beyond `--no-ledger` or a symbols file.
    init(
        _ input: String, market: Market? = nil, hasLedger: Bool = false,
        change: (inout ReplayOptions) -> Void = { _ in }
    ) throws {
        try self.init(Array(input.utf8), market: market, hasLedger: hasLedger, change: change)
    }

    init(
        _ input: [UInt8], market: Market? = nil, hasLedger: Bool = false,
        change: (inout ReplayOptions) -> Void = { _ in }
    ) throws {
        let directory = try TemporaryDirectory()
        let source = directory.url.appendingPathComponent("in.jsonl")
        let target = directory.url.appendingPathComponent("out.jsonl")
        try Data(input).write(to: source)
        try Data().write(to: target)
        let reading = try FileHandle(forReadingFrom: source)
        let writing = try FileHandle(forWritingTo: target)
        var options = ReplayOptions(market: market, hasLedger: hasLedger)
        change(&options)
        let session = ReplaySession(options, name: "in", output: writing.fileDescriptor)
        do throws(CommandFailure) {
            totals = try session.run(input: reading.fileDescriptor)
        } catch {
            failure = error
        }
        try reading.close()
        try writing.close()
        output = String(decoding: try Data(contentsOf: target), as: UTF8.self)
    }
}
