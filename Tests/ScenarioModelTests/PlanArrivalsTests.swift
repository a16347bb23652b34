// Arrival times: the known answers of scenarios.md section 9.

import HarnessCore
import ScenarioModel
import Testing

@Suite struct PlanArrivalsTests {
    private static func constant(
        _ rate: Double, per timeUnit: TimeSpan = .seconds(1), for duration: TimeSpan,
        maxVUs: Int = 20
    ) -> ConstantArrivalRate {
        var executor = ConstantArrivalRate(
            rate: rate, duration: duration, preAllocatedVUs: maxVUs, maxVUs: maxVUs)
        executor.timeUnit = timeUnit
        return executor
    }

    private static func all(_ executor: Executor, limit: Int = 100_000) throws -> [Int64] {
        var arrivals = try #require(Arrivals(executor, seed: 1, scenario: "orders"))
        var offsets: [Int64] = []
        while offsets.count < limit, let offset = arrivals.offset(of: UInt64(offsets.count)) {
            offsets.append(offset.ns)
        }
        return offsets
    }

    @Test func rampNanoseconds() throws {
        let ramp = RampingArrivalRate(
            stages: [
                Stage(duration: .seconds(5), target: 1), Stage(duration: .seconds(1), target: 1),
                Stage(duration: .seconds(5), target: 0),
            ], preAllocatedVUs: 3, maxVUs: 3)
        #expect(
            try Self.all(.rampingArrivalRate(ramp)) == [
                3_162_277_660, 4_472_135_954, 5_499_999_999, 6_527_864_045, 7_837_722_339,
                11_000_000_000,
            ])
    }

    @Test func poissonNanoseconds() throws {
        var executor = Self.constant(1_000, for: .seconds(10))
        executor.isPoisson = true
        #expect(
            try Self.all(.constantArrivalRate(executor)).prefix(3) == [
                4_185_962, 5_188_578, 5_447_387,
            ])
    }

    @Test func hawkesNanoseconds() throws {
        var executor = Self.constant(5_000, for: .seconds(10))
        executor.hawkes = Hawkes()
        #expect(
            try Self.all(.constantArrivalRate(executor)).prefix(3) == [802_092, 871_989, 923_404])
    }

    @Test func rampingVUSteps() throws {
        var ramp = RampingVUs(
            stages: [
                (2, 6), (5, 1), (4, 5), (4, 1), (3, 4), (2, 4), (0, 1), (3, 1),
            ].map { Stage(duration: .seconds($0.0), target: $0.1) })
        ramp.startVUs = 4
        func text(_ steps: some Sequence<VUStep>) -> String {
            steps.map { "\($0.offset.ns / 1_000_000_000):\($0.vus)" }.joined(separator: " ")
        }
        #expect(
            text(ramp.rawSteps)
                == "0:4 1:5 2:6 3:5 4:4 5:3 6:2 7:1 8:2 9:3 10:4 11:5 12:4 13:3 14:2 15:1 16:2 17:3"
                + " 18:4 20:1")
        #expect(
            text(ramp.reservedSteps(gracefulStop: .seconds(30)))
                == "0:4 1:5 2:6 33:5 42:4 50:1 53:0")
        #expect(text(ramp.reservedSteps(gracefulStop: .seconds(3))) == "0:4 1:5 2:6 26:0")
    }
}
