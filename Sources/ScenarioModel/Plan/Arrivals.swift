// When the iterations of an arrival executor are due: offset by number, from the workload's start
// (scenarios.md 4.1-4.3). Pure; LoadGen starts iterations by it, Collector counts what a lost agent
// owed with it, `plan` prints it, so the three cannot differ.
//
// A number's offset depends on the executor, the seed and the number alone, never on which numbers
// were asked for before: agents that own different numbers agree on all of them. Constant, ramping
// and replayed arrivals are formulas; random ones (poisson, hawkes) are walked, because each
// depends on those before it.
//
// Offsets do not fall as numbers rise. They rise strictly for `constant`; a ramp, a random process
// or a replay may have two arrivals in one nanosecond. A ramp's last arrival may lie exactly at the
// end of its last stage; a constant rate has none at its end.

package import HarnessCore

/// The arrivals of one workload over the whole test.
package struct Arrivals: Sendable {
    private enum Process {
        case constant(ConstantProcess)
        case ramping(RampingProcess)
        case poisson(PoissonProcess)
        case hawkes(HawkesProcess)
        case replay(ReplayProcess)
    }

    private let start: Process
    private var process: Process

    /// Nil: the executor has no arrivals. `scenario` is the workload's name, which with the seed
    /// names the random streams. Allocates for a ramp's stages only.
    package init?(_ executor: Executor, seed: UInt64, scenario: String) {
        let stream = RandomStreams(seed: seed, scenario: scenario).stream(.arrivals, 0, 0)
        switch executor {
        case .constantArrivalRate(let rate):
            let constant = ConstantProcess(rate)
            if rate.isPoisson {
                start = .poisson(PoissonProcess(.constant(constant), stream: stream))
            } else if let hawkes = rate.hawkes {
                start = .hawkes(HawkesProcess(rate, hawkes, stream: stream))
            } else {
                start = .constant(constant)
            }
        case .rampingArrivalRate(let ramp):
            let ramping = RampingProcess(ramp)
            start =
                ramp.isPoisson
                ? .poisson(PoissonProcess(.ramping(ramping), stream: stream)) : .ramping(ramping)
        case .replay(let replay):
            start = .replay(ReplayProcess(offsetsNs: replay.offsetsNs))
        case .sharedIterations, .perVUIterations, .constantVUs, .rampingVUs, .externallyControlled:
            return nil
        }
        process = start
    }

    /// Offset of an arrival from the workload's start; nil: there is none of that number, nor any
    /// later.
    ///
    /// - Precondition: numbers do not fall from call to call.
    /// - Complexity: O(1) amortised; random processes walk the numbers skipped. No allocation.
    package mutating func offset(of number: UInt64) -> TimeSpan? {
        let ns: Int64?
        switch process {
        case .constant(let constant):
            ns = constant.offset(of: number)
        case .replay(let replay):
            ns = replay.offset(of: number)
        case .ramping(var ramping):
            ns = ramping.offset(ofArea: Double(number) + 1)
            process = .ramping(ramping)
        case .poisson(var poisson):
            ns = poisson.offset(of: number)
            process = .poisson(poisson)
        case .hawkes(var hawkes):
            ns = hawkes.offset(of: number)
            process = .hawkes(hawkes)
        }
        return ns.map { TimeSpan(ns: $0) }
    }

    /// How many arrivals are due before `end`, an offset; independent of what was asked for so far.
    ///
    /// - Complexity: O(stages) or better; random processes walk all of them.
    package func count(before end: TimeSpan) -> UInt64 {
        guard end > .zero else { return 0 }
        switch start {
        case .constant(let constant): return constant.count(before: end.ns)
        case .replay(let replay): return replay.count(before: end.ns)
        case .ramping(let ramping): return ramping.count(before: end.ns)
        case .poisson(var poisson): return Self.walk(end.ns) { poisson.offset(of: $0) }
        case .hawkes(var hawkes): return Self.walk(end.ns) { hawkes.offset(of: $0) }
        }
    }

    /// All arrivals.
    /// - Complexity: as `count(before:)`.
    package var total: UInt64 { count(before: TimeSpan(ns: .max)) }

    private static func walk(_ endNs: Int64, _ offset: (UInt64) -> Int64?) -> UInt64 {
        var number: UInt64 = 0
        while let ns = offset(number), ns < endNs { number += 1 }
        return number
    }
}
