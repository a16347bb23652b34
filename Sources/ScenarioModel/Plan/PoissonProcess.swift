// Exponential gaps of the same mean (scenarios.md 4.3): arrival g is due when the area under the
// rate reaches Gamma_g = sum over i <= g of -ln unit(r_i), the numbers r from stream(1, 0, 0). Time
// rescaling makes that a Poisson process whatever the rate does.
//
//     1,000/s: Gamma_0 = 4.186, due at 4.186 P = 4.186 ms

import Glibc
import HarnessCore

struct PoissonProcess: Sendable {
    enum Rate: Sendable {
        /// The area is t / P.
        case constant(ConstantProcess)
        case ramping(RampingProcess)
    }

    private var rate: Rate
    private var stream: SplitMix64
    /// Arrivals drawn, the area at the last of them, and its offset; nil once past the end.
    private var drawn: UInt64 = 0
    private var area = 0.0
    private var lastNs: Int64? = 0

    init(_ rate: Rate, stream: SplitMix64) {
        self.rate = rate
        self.stream = stream
    }

    mutating func offset(of number: UInt64) -> Int64? {
        precondition(number + 1 >= drawn, "arrivals are asked for in rising order")
        while drawn <= number {
            guard lastNs != nil else { return nil }
            area -= log(Draw.unit(stream.next()))
            drawn += 1
            lastNs = offsetOfArea()
        }
        return lastNs
    }

    private mutating func offsetOfArea() -> Int64? {
        switch rate {
        case .constant(let constant):
            let ns = area * Double(constant.periodNs)
            return ns < Double(constant.durationNs) ? Int64(ns) : nil
        case .ramping(var ramping):
            let ns = ramping.offset(ofArea: area)
            rate = .ramping(ramping)
            return ns
        }
    }
}
