// `log` steps: how many lines get out, and what they may hold.

import HarnessCore
import LoadGen
import ScenarioModel
import Testing

@Suite struct FlowLogTests {
    private static func bench(
        _ log: FlowLog, _ text: Template, secrets: [String: String] = [:]
    ) throws -> FlowBench {
        let first = FlowFixture.get { $0.captures = [FlowFixture.capture("$.v")] }
        return FlowBench(
            try FlowFixture.program(
                FlowFixture.scenario([first, .log(text)], variables: ["v"]), secrets: secrets,
                log: log))
    }

    private static let text = FlowFixture.template("v=${=0}", [.name(.variable(0))])

    @Test func tenASecond() throws {
        let log = FlowLog()
        let bench = try Self.bench(log, Self.text)
        for second in 0..<3 as Range<Int64> {
            bench.context.now = Instant(ns: second * 1_000_000_000 + 999)
            for _ in 0..<15 {
                #expect(bench.run(body: "{\"v\":\(second)}") == .finished(failed: false))
            }
            #expect(log.take() == [String](repeating: "orders: v=\(second)", count: 10))
            #expect(log.take().isEmpty)
        }
        #expect(log.suppressed == 15)
    }

    @Test func aThousandARun() throws {
        let log = FlowLog()
        let bench = try Self.bench(log, Self.text)
        var lines = 0
        for second in 0..<150 as Range<Int64> {
            bench.context.now = Instant(ns: second * 1_000_000_000)
            for _ in 0..<10 { _ = bench.run(body: "{\"v\":1}") }
            lines += log.take().count
        }
        #expect(lines == 1_000 && log.suppressed == 500)
    }

    /// JSON of the value -> the line.
    @Test(arguments: [
        (#""a\nb\u001b[31mc""#, "orders: v=a b [31mc"),
        (#""my s3cret!""#, "orders: v=my ***"),
        (#""s3cret%21""#, "orders: v=***"),
        (#""czNjcmV0IQ==""#, "orders: v=***Q=="),
        ("[1]", "orders: v=[1]"),
    ])
    func lines(json: String, line: String) throws {
        let log = FlowLog()
        let bench = try Self.bench(log, Self.text, secrets: ["K": "s3cret!"])
        #expect(bench.run(body: "{\"v\":\(json)}") == .finished(failed: false))
        #expect(log.take() == [line])
    }

    @Test func longLinesAreCut() throws {
        let log = FlowLog()
        let long = String(repeating: "x", count: Limits.logLineBytes - 5) + "s3cret!"
        let bench = try Self.bench(log, Self.text, secrets: ["K": "s3cret!"])
        #expect(bench.run(body: "{\"v\":\"\(long)\"}") == .finished(failed: false))
        // Cut inside the secret: its beginning is not shown either.
        let shown = String(repeating: "x", count: Limits.logLineBytes - 5)
        #expect(log.take() == ["orders: v=\(shown)***..."])
    }

    @Test func undefinedNamesEndTheIteration() throws {
        let log = FlowLog()
        let bench = try Self.bench(log, Self.text)
        #expect(bench.run(body: "{}") == .finished(failed: true))
        // The first of its kind is told, with the name that is missing.
        let told = log.take()
        let notice = "orders: iteration error: undefined_name ${v} after request '"
        #expect(told.count == 1 && told[0].hasPrefix(notice) && log.suppressed == 0, "\(told)")
        #expect(bench.run(body: "{}") == .finished(failed: true))
        #expect(log.take().isEmpty)
    }
}
