// What benchmarks come to: figures over repeats, and a tally by which books are compared.

import Glibc

/// What a book did; books that did the same work have the same.
package struct BenchTally: Sendable, Equatable {
    package var trades = 0
    /// Lots traded.
    package var volume = 0
    package var openOrders = 0
}

/// Figures of the repeats that count.
package struct BenchFigure: Sendable, Equatable {
    package var median: Double
    package var min: Double
    package var max: Double

    /// (max - min) / median.
    package var spread: Double { median > 0 ? (max - min) / median : 0 }

    /// - Precondition: not empty.
    package init(_ samples: [Double]) {
        precondition(!samples.isEmpty, "a figure needs a sample")
        let sorted = samples.sorted()
        let middle = sorted.count / 2
        median =
            sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
        min = sorted[0]
        max = sorted[sorted.count - 1]
    }
}

/// CPU time of this thread: others on the machine do not count.
enum BenchClock {
    static func nowNs() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Seconds of CPU that `body` takes.
    static func seconds(_ body: () -> Void) -> Double {
        let begin = nowNs()
        body()
        return Double(nowNs() - begin) / 1e9
    }
}
