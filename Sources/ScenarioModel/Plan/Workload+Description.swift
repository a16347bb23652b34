// A scenario in one line, in k6's words (scenarios.md section 7):
//
//     Up to 5200.00 iterations/s for 10m30s over 2 stages (maxVUs: 400-1200, gracefulStop: 30s)

import Foundation
import HarnessCore

extension Workload {
    package var line: String {
        switch executor {
        case .sharedIterations(let e):
            "\(e.iterations) iterations shared among \(e.vus) VUs"
                + facts("maxDuration: \(e.maxDuration.goText)")
        case .perVUIterations(let e):
            "\(e.iterations) iterations for each of \(e.vus) VUs"
                + facts("maxDuration: \(e.maxDuration.goText)")
        case .constantVUs(let e):
            "\(e.vus) looping VUs for \(e.duration.goText)" + facts()
        case .rampingVUs(let e):
            "Up to \(executor.maxVUs) looping VUs for \(executor.nominalDuration.goText) over "
                + "\(e.stages.count) stages"
                + facts("gracefulRampDown: \(e.gracefulRampDown.goText)")
        case .constantArrivalRate(let e):
            "\(peakText) iterations/s for \(e.duration.goText)" + facts(vusFact)
        case .rampingArrivalRate(let e):
            "Up to \(peakText) iterations/s for \(executor.nominalDuration.goText) over "
                + "\(e.stages.count) stages" + facts(vusFact)
        case .externallyControlled(let e):
            "Externally controlled execution with \(e.vus) VUs, \(e.maxVUs) max VUs, "
                + "\(executor.isEndless ? "infinite" : e.duration.goText) duration"
        case .replay(let e):
            "\(e.offsetsNs.count) replayed iterations for \(executor.nominalDuration.goText)"
                + facts()
        }
    }

    private var peakText: String {
        // Without VUs k6 shows no rate, because nothing is started.
        String(format: "%.2f", executor.maxVUs > 0 ? executor.peakRatePerSecond ?? 0 : 0)
    }

    private var vusFact: String {
        let (ready, most) = (executor.preAllocatedVUs, executor.maxVUs)
        return most > ready ? "maxVUs: \(ready)-\(most)" : "maxVUs: \(ready)"
    }

    private func facts(_ own: String...) -> String {
        var facts = own
        if isExecGiven { facts.append("exec: \(exec)") }
        if startTime > .zero { facts.append("startTime: \(startTime.goText)") }
        if gracefulStop > .zero { facts.append("gracefulStop: \(gracefulStop.goText)") }
        return facts.isEmpty ? "" : " (" + facts.joined(separator: ", ") + ")"
    }
}
