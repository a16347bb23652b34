// What an iteration draws besides texts: think times, and the command of its order step.

import Glibc
import HarnessCore
import ScenarioModel

extension FlowMachine {
    /// Spans in ns: uniform a + below(r, b-a+1); exponential -ln(unit(r)) x mean, at most max.
    func span(_ think: Think) -> TimeSpan {
        switch think {
        case .fixed(let span): return span
        case .uniform(let a, let b):
            let width = UInt64(b.ns - a.ns) + 1
            return TimeSpan(ns: a.ns + Int64(Draw.below(random.next(), width)))
        case .exponential(let mean, let max):
            let ns = -log(Draw.unit(random.next())) * Double(mean.ns)
            return ns < Double(max.ns) ? TimeSpan(ns: Int64(ns)) : max
        }
    }

    func drawOrder() {
        guard let order = code.order else { preconditionFailure("an order step has a model") }
        if let drawn {
            command = drawn
        } else {
            // k = this VU's draws so far; nothing of its lane is ever skipped.
            var lane = ownLane ?? OrderLane(lane: vu, minAge: 1)
            ownLane = nil
            command = lane.command(lane.next, order.tables)
            ownLane = lane
        }
        guard let command else { return }
        context.count(isWarmup) { counters in
            counters.orders[command.operation.rawValue] += 1
            counters.substitutions += UInt64(command.substitutions)
        }
    }
}
