// The flow interpreter under ordo-one's harness: distributions, and comparisons with a baseline.
// A sample is a thousand iterations; the times shown are those of one.

import Benchmark
import FlowProbe

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock], scalingFactor: .kilo, maxDuration: .seconds(2),
        maxIterations: 10_000)
    for what in FlowProbeCase.allCases {
        Benchmark("flow \(what.rawValue)") { benchmark in
            let probe = try FlowProbe(what)
            probe.run(iterations: 1_000)
            benchmark.startMeasurement()
            blackHole(probe.run(iterations: benchmark.scaledIterations.count))
            benchmark.stopMeasurement()
        }
    }
}
