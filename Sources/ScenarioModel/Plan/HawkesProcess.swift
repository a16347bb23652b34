// Arrivals that provoke arrivals (scenarios.md 4.3): a self-exciting process with exponential
// decay, drawn exactly (Dassios and Zhao 2013) and not by thinning. With n the branching ratio and
// beta the decay per second:
//
//     mu = (1 - n) rate, the constant part; x = n rate, the excess, at its mean to begin with
//     per arrival:  s1 = -ln(1 + beta ln unit(r) / x) / beta     next from the excess (or never)
//                   s2 = -ln unit(r') / mu                       next from the constant part
//                   gap = min(s1, s2);  x = x e^(-beta gap) + n beta
//
//     excess x |\      |\  each arrival lifts it by n beta, then it fades
//              |  \__  | \
//              +-----\_|--\___ t
//
// Seconds in Double, truncated to ns; numbers r, r' from stream(1, 0, 0), two an arrival.

import Glibc
import HarnessCore

struct HawkesProcess: Sendable {
    private let branching: Double
    private let decay: Double
    /// Arrivals per second of the constant part.
    private let base: Double
    private let durationNs: Int64
    private var stream: SplitMix64
    /// Arrivals per second beyond `base`, just after the last arrival.
    private var excess: Double
    private var drawn: UInt64 = 0
    private var seconds = 0.0
    private var lastNs: Int64? = 0

    init(_ executor: ConstantArrivalRate, _ hawkes: Hawkes, stream: SplitMix64) {
        let rate = executor.rate / executor.timeUnit.seconds
        branching = hawkes.branching
        decay = hawkes.decay
        base = (1 - hawkes.branching) * rate
        durationNs = executor.duration.ns
        self.stream = stream
        excess = hawkes.branching * rate
    }

    mutating func offset(of number: UInt64) -> Int64? {
        precondition(number + 1 >= drawn, "arrivals are asked for in rising order")
        while drawn <= number {
            guard lastNs != nil else { return nil }
            drawNext()
        }
        return lastNs
    }

    private mutating func drawNext() {
        let bracket = 1 + decay * log(Draw.unit(stream.next())) / excess
        // Not above 0 also where there is no excess at all, and 0 / 0.
        let fromExcess = bracket > 0 ? -log(bracket) / decay : .infinity
        let fromBase = -log(Draw.unit(stream.next())) / base
        let gap = min(fromExcess, fromBase)
        excess = excess * exp(-decay * gap) + branching * decay
        seconds += gap
        drawn += 1
        let ns = seconds * 1e9
        lastNs = ns < Double(durationNs) ? Int64(ns) : nil
    }
}
