// ramping-arrival-rate (scenarios.md 4.2): arrival n = g + 1 is due when the area under the rate
// reaches n.
//
//     rate            area under it from the stage's start to x, rate a at 0 and b at D:
//      b |      /|        a x + (b - a) x^2 / 2D = n - A
//        |    /  |
//      a |  /    |      solved for x, A being the area before the stage and E the one after it:
//        |  |    |        x = (a D - sqrt(D (a^2 D + 2 (n - A)(b - a)))) / (a - b)
//        +--+----+--      x = (n - A) / b                       where a = b
//           0 x  D
//
//     0, 5s -> 1/s: arrival 1 where x^2 / 10 s^2 = 1: at 3.162 s, arrival 2 at 4.472 s; E = 2.5
//
// Everything is Double, in the order the specification writes it: so every build of ours, and k6,
// truncate to the same nanosecond.

import HarnessCore

struct RampingProcess: Sendable {
    private struct Piece {
        let startNs: Int64
        let durationNs: Int64
        /// Arrivals per ns at the ends, and D in ns.
        let a: Double
        let b: Double
        let duration: Double
        let areaBefore: Double
        let areaAfter: Double

        func offset(ofArea n: Double) -> Int64 {
            let x: Double
            if a == b {
                x = (n - areaBefore) / b
            } else {
                let root = duration * (a * a * duration + 2 * (n - areaBefore) * (b - a))
                x = (a * duration - max(0, root).squareRoot()) / (a - b)
            }
            // A rounding error must not carry an arrival out of its stage.
            return startNs + Int64(min(max(x, 0), duration))
        }
    }

    private let pieces: [Piece]
    /// The piece of the last arrival asked for.
    private var current = 0

    init(_ executor: RampingArrivalRate) {
        let timeUnit = Double(executor.timeUnit.ns)
        var startNs: Int64 = 0
        var area = 0.0
        var a = Double(executor.startRate) / timeUnit
        pieces = executor.stages.map { stage in
            let b = Double(stage.target) / timeUnit
            let duration = Double(stage.duration.ns)
            let after = area + (a == b ? duration * b : duration * ((b - a) / 2 + a))
            let piece = Piece(
                startNs: startNs, durationNs: stage.duration.ns, a: a, b: b, duration: duration,
                areaBefore: area, areaAfter: after)
            startNs += stage.duration.ns
            area = after
            a = b
            return piece
        }
    }

    /// The area under the whole ramp.
    var area: Double { pieces.last?.areaAfter ?? 0 }

    /// When the area reaches `n`, which does not fall from call to call; nil: it never does.
    mutating func offset(ofArea n: Double) -> Int64? {
        while current < pieces.count {
            if n <= pieces[current].areaAfter { return pieces[current].offset(ofArea: n) }
            current += 1
        }
        return nil
    }

    /// - Complexity: O(log arrivals x stages).
    func count(before endNs: Int64) -> UInt64 {
        var low: UInt64 = 0
        var high = UInt64(area)
        while low < high {
            let middle = low + (high - low) / 2
            if let ns = offset(ofAnyArea: Double(middle) + 1), ns < endNs {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low
    }

    private func offset(ofAnyArea n: Double) -> Int64? {
        pieces.first { n <= $0.areaAfter }?.offset(ofArea: n)
    }
}
