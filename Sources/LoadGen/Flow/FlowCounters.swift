// What one worker counts of one workload's flow between two cuts: plain integers at known places,
// named only when they are drained.

import HarnessCore
import Telemetry

struct FlowCounters {
    var checksPassed: [UInt64]
    var checksFailed: [UInt64]
    var captureMisses: UInt64 = 0
    /// By `OrderOperation`.
    var orders = [UInt64](repeating: 0, count: OrderOperation.allCases.count)
    var substitutions: UInt64 = 0
    /// By `FlowFailure`.
    var errors = [UInt64](repeating: 0, count: FlowFailure.allCases.count)
    var iterationsFailed: UInt64 = 0
    var iterationsPassed: UInt64 = 0

    init(checks: Int) {
        checksPassed = [UInt64](repeating: 0, count: checks)
        checksFailed = checksPassed
    }

    /// Appends what is not 0 and forgets it. A Rate's two halves carry the tag `rate`: `true` is
    /// what the metric counts (a check that held, an iteration that failed).
    mutating func drain(
        _ code: FlowCode, isWarmup: Bool, into series: inout [SeriesDelta]
    ) {
        func add(_ metric: String, _ tags: [String: String], _ count: UInt64) {
            if count == 0 { return }
            var all = tags
            all["scenario"] = code.scenario
            if isWarmup { all["phase"] = "warmup" }
            series.append(
                SeriesDelta(
                    key: SeriesKey(metric, all), value: .counter(delta: count, cum: 0)))
        }
        for (i, name) in code.checkNames.enumerated() {
            let check = TagText.bounded(name)
            add("checks", ["check": check, "rate": "true"], checksPassed[i])
            add("checks", ["check": check, "rate": "false"], checksFailed[i])
        }
        add("capture_misses", [:], captureMisses)
        for operation in OrderOperation.allCases {
            add("orders", ["op": "\(operation.text)"], orders[operation.rawValue])
        }
        add("order_substitutions", [:], substitutions)
        for failure in FlowFailure.allCases {
            add("iteration_errors", ["reason": failure.reason], errors[failure.rawValue])
        }
        add("iteration_failed", ["rate": "true"], iterationsFailed)
        add("iteration_failed", ["rate": "false"], iterationsPassed)
        self = FlowCounters(checks: code.checkNames.count)
    }
}
