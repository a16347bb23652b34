// How many iterations a worker's VUs of a closed model may still begin, all together and each
// (scenarios.md 4.4): the rest is dropped when the workload ends. Pure.

package struct IterationBudget: Sendable, Equatable {
    /// Nil: endless.
    package let total: UInt64?
    private let perVU: UInt64?
    private var begun: UInt64 = 0

    private init(total: UInt64?, perVU: UInt64?) {
        self.total = total
        self.perVU = perVU
    }

    package static let endless = IterationBudget(total: nil, perVU: nil)
    /// So many, taken by whichever VU is free.
    package static func shared(_ total: UInt64) -> Self { Self(total: total, perVU: nil) }
    /// So many for each of `vus`.
    package static func each(_ iterations: UInt64, vus: Int) -> Self {
        let (total, overflow) = iterations.multipliedReportingOverflow(by: UInt64(vus))
        return Self(total: overflow ? .max : total, perVU: iterations)
    }

    /// Whether a VU that has begun `count` iterations may begin another.
    package func allows(_ count: UInt64) -> Bool {
        if let total, begun >= total { return false }
        return perVU.map { count < $0 } ?? true
    }

    /// An iteration begins.
    package mutating func take() { begun += 1 }

    /// Nothing may begin any more.
    package var isSpent: Bool { total.map { begun >= $0 } ?? false }

    /// Planned, and not begun.
    package var rest: UInt64 { total.map { $0 - begun } ?? 0 }
}
