// What is shown while a run goes on: a line per scenario, with a bar on a terminal, as `key=value`
// elsewhere. Rates and percentiles look back over the last complete windows, at most 5; during the
// warm-up there are no percentiles, because nothing of it is judged. Pure; the caller redraws.
//
//     orders [====>   ] 1m12s/2m0s  5,201/s of 5,200/s  VUs 38/400  p99(5s) 86 ms  errors 0  ...

package import HarnessCore
import ScenarioModel
import Telemetry

package enum ProgressLine {
    private static let barMin = 8
    private static let barMax = 24

    /// A line per scenario, at most `width` columns where its name allows it.
    package static func terminal(
        _ aggregate: RunAggregate, runTime: TimeSpan, width: Int
    ) -> [String] {
        let states = states(aggregate, runTime: runTime)
        let nameWidth = min(20, states.map { safeName($0).count }.max() ?? 0)
        return states.map { state in
            let name = ReportText.left(safeName(state), nameWidth)
            let parts = terminalParts(state)
            // The tail goes first where the line is too long.
            for kept in (1...parts.count).reversed() {
                let tail = parts.prefix(kept).joined(separator: "  ")
                let room = width - name.count - tail.count - 4
                if room >= barMin {
                    return "\(name) \(bar(state.share, min(barMax, room))) \(tail)"
                }
            }
            return "\(name) \(bar(state.share, barMin)) \(parts[0])"
        }
    }

    /// The same as `key=value`, a line per scenario; a value that is not there is left out.
    package static func plain(_ aggregate: RunAggregate, runTime: TimeSpan) -> [String] {
        states(aggregate, runTime: runTime).map { state in
            let pairs: [(String, String?)] = [
                ("scenario", safeName(state)),
                ("elapsed", ProgressState.whole(state.elapsed).goText),
                ("duration", state.duration?.goText),
                ("phase", state.isWarmup ? "warmup" : nil),
                ("rate", state.rate.map { plainNumber($0, 1) }),
                ("planned_rate", state.plannedRate.map { plainNumber($0, 1) }),
                ("vus", state.vus.map { String($0) }),
                ("vus_max", state.vusMax.map { String($0) }),
                ("p99_ms", state.p99Ns.map { plainNumber($0 / 1e6, 2) }),
                ("errors", String(state.errors)),
                ("dropped", String(state.dropped)),
                ("lag_p99_ms", state.lagP99Ns.map { plainNumber($0 / 1e6, 2) }),
            ]
            return pairs.compactMap { key, value in value.map { "\(key)=\($0)" } }
                .joined(separator: " ")
        }
    }

    private static func states(
        _ aggregate: RunAggregate, runTime: TimeSpan
    ) -> [ProgressState] {
        aggregate.scenario.workloads.map {
            ProgressState(aggregate, workload: $0, runTime: runTime)
        }
    }

    private static func safeName(_ state: ProgressState) -> String {
        ReportText.escaped(state.name, limit: 60)
    }

    private static func plainNumber(_ value: Double, _ places: Int) -> String {
        ReportText.decimal(value, places).filter { $0 != "," }
    }

    private static func terminalParts(_ state: ProgressState) -> [String] {
        let elapsed = ProgressState.whole(state.elapsed).goText
        let duration = state.duration.map { "/\($0.goText)" } ?? ""
        let rate = state.rate.map { ReportText.decimal($0, 0) + "/s" } ?? "-"
        let planned = state.plannedRate.map { " of \(number($0))/s" } ?? ""
        let vus = state.vus.map { "\($0)" } ?? "-"
        let vusMax = state.vusMax.map { "/\($0)" } ?? ""
        let p99 = state.p99Ns.map { number($0 / 1e6) + " ms" } ?? "-"
        var parts = [
            elapsed + duration, rate + planned, "VUs \(vus)\(vusMax)",
            "p99(\(RunAggregate.progressWindows)s) \(state.isWarmup ? "warm-up" : p99)",
            "errors \(ReportText.grouped(state.errors))",
        ]
        if state.dropped > 0 { parts.append("dropped \(ReportText.grouped(state.dropped))") }
        if let lag = state.lagP99Ns { parts.append("lag p99 \(number(lag / 1e6)) ms") }
        return parts
    }

    /// `86`, `5,200`, `0.3`: a decimal below ten only.
    private static func number(_ value: Double) -> String {
        let isSmall = abs(value) < 9.95 && value != value.rounded()
        return ReportText.decimal(value, isSmall ? 1 : 0)
    }

    /// `[====>   ]`, `inner` characters between the brackets; full only at the end.
    private static func bar(_ share: Double, _ inner: Int) -> String {
        guard share < 1 else { return "[" + String(repeating: "=", count: inner) + "]" }
        let filled = min(inner - 1, Int(max(0, share) * Double(inner)))
        let rest = String(repeating: " ", count: inner - 1 - filled)
        return "[" + String(repeating: "=", count: filled) + ">" + rest + "]"
    }
}
