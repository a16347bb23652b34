// Whether the load generator was the bottleneck of a run, in a sentence: what a reader asks before
// any number. Pure; from the judge's `Validity` and the signals of section 4 of the measurement.

import HarnessCore
import ScenarioModel
import Telemetry

enum GeneratorText {
    enum Finding: String {
        /// It kept to its schedule with room to spare.
        case no
        /// It was late, or not on the machine it needs, now and then.
        case perhaps
        /// It delayed or withheld load itself.
        case yes
        /// It was in time, but its virtual users were all waiting for the target.
        case pool
        case unknown
    }

    static func finding(_ validity: Validity) -> Finding {
        if !validity.distrust.isEmpty || validity.measuredWindows == 0 { return .unknown }
        if validity.isUnderDelivered { return .yes }
        let own = ownSignals(validity)
        switch own.map(\.state).max() ?? .ok {
        case .invalidating: return .yes
        case .suspect: return .perhaps
        case .ok: break
        }
        if validity.isPoolLimited { return .pool }
        return validity.taintedWindows > 0 ? .perhaps : .no
    }

    /// One or two sentences, without a mark of their own at the beginning.
    static func sentence(_ run: FinishedRun) -> String {
        let validity = run.verdict.validity
        let causes = causes(validity, agents: run.aggregate.agents.count)
        switch finding(validity) {
        case .unknown:
            let why = validity.distrust.isEmpty ? "nothing was measured" : "the data is not trusted"
            return "Whether the generator was the bottleneck is not known: \(why)."
        case .no: return "The generator was not the bottleneck."
        case .perhaps:
            return "The generator may have been the bottleneck at times: " + causes + "."
        case .yes: return "The generator was the bottleneck: " + causes + "."
        case .pool:
            let tally = validity.arrivals
            return "The generator was not late, but its virtual users were all in use: "
                + "\(ReportText.grouped(tally.dropped)) of "
                + "\(ReportText.grouped(tally.scheduled)) arrivals found none free."
                + " The target was too slow for the pool, or maxVUs is too small."
        }
    }

    /// Signals that the generator, or its machine, is answerable for.
    private static func ownSignals(_ validity: Validity) -> [ValiditySignal] {
        validity.signals.filter { signal in
            switch signal.key {
            case "data": false
            case "delivered": validity.isUnderDelivered || !onlyDrops(validity)
            default: true
            }
        }
    }

    /// Every arrival that was not delivered in time found no free VU.
    private static func onlyDrops(_ validity: Validity) -> Bool {
        validity.arrivals.late == 0 && validity.arrivals.missed == 0
    }

    private static let causesMax = 4

    /// The worst first, each signal once with its worst agent.
    private static func causes(_ validity: Validity, agents: Int) -> String {
        var seen: Set<String> = []
        let ranked = ownSignals(validity).enumerated().sorted {
            ($1.element.state, $0.offset) < ($0.element.state, $1.offset)
        }.map(\.element).filter { seen.insert($0.key).inserted }
        guard !ranked.isEmpty else {
            return "\(ReportText.counted(validity.taintedWindows, "window")) of "
                + "\(validity.measuredWindows) are tainted by its own delay"
        }
        let more = ranked.count - causesMax
        return ranked.prefix(causesMax).map { cause($0, validity, agents: agents) }
            .joined(separator: "; ") + (more > 0 ? "; and \(more) more" : "")
    }

    private static func cause(
        _ signal: ValiditySignal, _ validity: Validity, agents: Int
    ) -> String {
        let place = agents > 1 ? signal.agent.map { " on agent \($0)" } ?? "" : ""
        return words(signal, validity) + place
    }

    private static func words(_ signal: ValiditySignal, _ validity: Validity) -> String {
        let worst = signal.worst
        let over = "\(worst) (bound \(signal.bound))"
        if signal.key == "delivered" {
            let tally = validity.arrivals
            return "only \(worst) of the arrivals were fired in time (late "
                + "\(ReportText.grouped(tally.late)), missed \(ReportText.grouped(tally.missed)))"
        }
        if signal.key == "loss" { return "\(over) of the arrivals or samples were lost" }
        switch HealthSignal(rawValue: signal.key) {
        case .lag: return "arrivals were fired late, p99 up to \(over)"
        case .lagMax: return "an arrival was fired \(worst) late (bound \(signal.bound))"
        case .lagShare: return "its lateness was up to \(over) of the response time"
        case .turn: return "a worker did not look at its sockets for \(over)"
        case .threadCpu: return "worker CPU up to \(over)"
        case .coreBusy: return "its busiest core up to \(over) in use"
        case .runQueue: return "workers waited for a core up to \(over) of the time"
        case .throttled: return "its control group was throttled"
        case .steal: return "the host kept up to \(over) of the machine for others"
        case .pressure: return "CPU pressure up to \(over)"
        case .sockets: return "\(worst) connections failed for want of ports or descriptors"
        case .retransmits: return "up to \(over) of the TCP segments were sent again"
        case .clock: return "a clock was off by up to \(over)"
        case nil: return "\(signal.key) \(over)"
        }
    }
}
