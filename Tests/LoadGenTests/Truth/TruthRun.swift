// One run against a server that knows the truth, what that truth is, and what the run says.

import HarnessCore
import ScenarioModel
import Telemetry
import TestSupport
import Testing

@testable import LoadGen

struct TruthRun {
    let run: PlaneRun
    let startedAt: Instant
    let exchanges: [TruthServer.Exchange]
    let offsets: [TimeSpan]
    private let hasStall: Bool
    /// First requests, on new connections and untouched memory, are in no comparison.
    private static let warmup = TimeSpan.milliseconds(500)

    init(_ executor: Executor, _ plan: TruthServer.Plan, _ lane: Workload.Transport) throws {
        hasStall = plan.stall != nil
        let server = try TruthServer(plan)
        var scenario = PlaneScenario.make(executor)
        scenario.workloads[0].transport = lane
        scenario.warmup = Self.warmup
        run = try PlaneRun(scenario, url: server.url)
        // VUs are made by now; what happens in this quarter of a second is nobody's lag.
        startedAt = Instant.now() + .milliseconds(250)
        run.run(from: startedAt, cutEvery: .seconds(1))
        exchanges = server.exchanges
        var arrivals = try #require(Arrivals(executor, seed: scenario.seed, scenario: "load"))
        var offsets: [TimeSpan] = []
        while let offset = arrivals.offset(of: UInt64(offsets.count)) { offsets.append(offset) }
        self.offsets = offsets
        run.expectIdentities()
        #expect(run.counters.completed == UInt64(offsets.count))
        #expect(exchanges.map(\.number).sorted() == Array(offsets.indices), "each one once")
    }

    /// Service times, ascending, as the server knows them.
    var service: [Int64] { measured.map { ($0.answeredAt - $0.sentAt).ns }.sorted() }

    private var measured: [TruthServer.Exchange] {
        exchanges.filter { isMeasured($0.number) }
    }

    private func isMeasured(_ number: Int) -> Bool { offsets[number] >= Self.warmup }

    /// Response times, ascending: from the intended starts.
    var response: [Int64] {
        measured.map { ($0.answeredAt - intended($0.number)).ns }.sorted()
    }

    func intended(_ number: Int) -> Instant { startedAt + offsets[number] }

    /// Response times that follow from plan and schedule alone, ascending; every request is on its
    /// way for as long as the median of them was, and every answer as late as theirs.
    func analytic(_ plan: TruthServer.Plan) -> [Int64] {
        var queue = TruthQueue(plan)
        let way = medianWay
        let late = TimeSpan(ns: Self.percentile(lateness, 50))
        let all = offsets.indices.map { number in
            (queue.due(number, arrival: intended(number) + way) + late - intended(number)).ns
        }
        return all.indices.filter(isMeasured).map { all[$0] }.sorted()
    }

    /// From the intended start to the kernel: what the generator itself needs to fire and to send,
    /// which in a debug build is some tenths of a millisecond, and a part of the response time.
    private var medianWay: TimeSpan {
        let ways = exchanges.map { ($0.sentAt - intended($0.number)).ns }.sorted()
        return TimeSpan(ns: Self.percentile(ways, 50))
    }

    /// Why it proves nothing; empty: it does.
    var spoiled: [String] {
        var reasons: [String] = []
        func bound(_ what: String, _ ns: Int64, _ limit: TimeSpan) {
            if ns > limit.ns { reasons.append("\(what) \(Double(ns) / 1e6) ms") }
        }
        let lag = run.measured("schedule_lag")
        bound("p99 of the lag", Int64(lag.percentile(99) ?? 0), .milliseconds(1))
        bound("longest lag", Int64(lag.max), .milliseconds(20))
        bound("longest turn", run.longestTurn, .milliseconds(10))
        return reasons + (isServerLate ? ["the server was late"] : [])
    }

    /// Answers that are due at once after a stall follow each other: theirs is no lateness.
    private var isServerLate: Bool {
        Self.percentile(lateness, hasStall ? 50 : 95) > Self.allowedNs * 3 / 4
    }

    private var lateness: [Int64] { measured.map { ($0.answeredAt - $0.due).ns }.sorted() }

    static func percentile(_ sorted: [Int64], _ p: Double) -> Int64 {
        let rank = Int((p.nextDown * Double(sorted.count) / 100).rounded(.up))
        return sorted[max(1, min(sorted.count, rank)) - 1]
    }

    /// Percentiles that reports print. A debug build's turn alone may be longer than the bound, and
    /// the thousandth is made of such turns.
    static let percentiles: [Double] = {
        #if DEBUG
            [50, 90, 95, 99]
        #else
            [50, 90, 95, 99, 99.9]
        #endif
    }()

    /// 0.2 ms; a debug build on a slow machine takes some tenths more from a socket to its clock.
    private static let allowedNs: Int64 = {
        #if DEBUG
            600_000
        #else
            200_000
        #endif
    }()

    /// Percentiles that reports print, of those `ps`, which differ from the truth by more than 1 %
    /// and what is allowed, or so many times that.
    static func differences(
        _ seen: MergedHistogram, _ truth: [Int64], _ what: String,
        at ps: [Double] = percentiles, times factor: Int64 = 1
    ) -> [String] {
        guard Int(seen.count) == truth.count else {
            return ["\(what): \(seen.count) samples, not \(truth.count)"]
        }
        return ps.compactMap { p in
            let (a, b) = (Int64(seen.percentile(p) ?? 0), percentile(truth, p))
            return abs(a - b) <= factor * max(allowedNs, b / 100)
                ? nil : "\(what) p\(p): \(Double(a) / 1e6) ms, not \(Double(b) / 1e6)"
        }
    }

    /// Differences from the server's own truth.
    var untrue: [String] {
        Self.differences(run.measured("http_req_duration"), service, "S")
            + Self.differences(run.measured("http_req_response_time"), response, "R")
    }

    /// Differences of the response time from `truth`, which the plan has; without the last
    /// hundredth, in which this server itself is late now and then.
    func unplanned(_ truth: [Int64], times factor: Int64 = 1) -> [String] {
        Self.differences(
            run.measured("http_req_response_time"), truth, "R of the plan", at: [50, 90, 95],
            times: factor)
    }

    /// Runs until a run proves that everything is right. What is wrong in the generator is wrong
    /// in all of them.
    static func settle(
        _ executor: Executor, _ plan: TruthServer.Plan, _ lane: Workload.Transport,
        _ compare: (TruthRun) throws -> [String]
    ) throws {
        var found: [String] = []
        for _ in 0..<5 {
            let run = try TruthRun(executor, plan, lane)
            run.expectNothingFasterThanTrue()
            let wrong = try compare(run) + run.spoiled.map { "spoiled: \($0)" }
            if wrong.isEmpty { return }
            found.append(wrong.joined(separator: "; "))
        }
        Issue.record("\(found.joined(separator: "\n"))")
    }

    /// Whatever the machine does: nothing is reported as faster than it was.
    func expectNothingFasterThanTrue(_ source: SourceLocation = #_sourceLocation) {
        let pairs = [
            ("http_req_duration", service), ("http_req_response_time", response),
        ]
        for (metric, truth) in pairs {
            let seen = run.measured(metric)
            for p in [0.0, 50, 90, 95, 99, 99.9, 100] {
                let (a, b) = (Int64(seen.percentile(p) ?? 0), Self.percentile(truth, p))
                #expect(a >= b - 30_000 - b / 500, "\(metric) p\(p)", sourceLocation: source)
            }
        }
    }
}
