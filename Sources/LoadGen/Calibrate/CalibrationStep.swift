// One step of a calibration in the process of one agent: the data plane as an agent has it, at one
// constant arrival rate, cut once a second. What it measured leaves as deltas, in the bytes agents
// publish; what the answers were good for is said in words.
//
// Not here: Redis, seats, the coordinator. They cost an agent a heartbeat and one delta a second,
// far below what a step could tell apart.

package import HarnessCore
import ScenarioModel
package import Telemetry

package struct CalibrationStep: Sendable {
    private static let window = TimeSpan.seconds(1)
    private static let idleStep = TimeSpan.milliseconds(5)
    /// What still runs then is cut.
    private static let patience = TimeSpan.seconds(5)

    private let assignment: AgentAssignment
    private let length: TimeSpan
    private let setupCaptures: [String: SetupValue]

    package init(
        shape: CalibrationShape, rate: Double, length: TimeSpan, target: CalibrationTarget,
        slot: Int, agents: Int, workers: Int, env: [String: String]
    ) {
        let scenario = shape.scenario(rate: rate, length: length, unixSocket: target.unixSocket)
        var assignment = AgentAssignment(
            runID: Self.runID, scenario: scenario, slot: slot, epoch: 1,
            weights: [Int](repeating: 1, count: agents), segment: slot, targetURL: target.url,
            allowedTargets: [], env: env, runTag: "calibr", workers: workers)
        assignment.secrets = shape.secrets
        self.assignment = assignment
        self.length = length
        setupCaptures = shape.setupCaptures
    }

    /// Of every step: its requests say so to the null server alone.
    package static let runID = "20270102T001500Z-ca1b"

    /// Runs the step on the caller's thread.
    /// - Parameters:
    ///   - start: called when all is prepared; waits for run time 0 and says when that is.
    ///   - log: remarks, and what `log` steps say.
    /// - Throws: `CommandFailure` 104 where a flow does not compile, `SystemError`.
    package func run(
        start: () throws -> Instant, log: @escaping @Sendable (String) -> Void
    ) throws -> [Delta] {
        // Lines of log steps are the scenario's business, not the calibration's.
        let plane = try LoadPlane(assignment)
        try plane.prepare()
        runSetup(plane, log)
        let instant = try start()
        plane.start(at: instant)
        var deltas: [Delta] = []
        var through: UInt32 = 0
        Pause.sleep(max(.zero, instant - Instant.now()))
        plane.windowsBegin()
        while !waitForWindow(plane, through: through, since: instant) {
            let now = UInt32(clamping: (Instant.now() - instant).ns / Self.window.ns)
            deltas.append(delta(plane.cut(), seq: deltas.count + 1, from: through, to: now))
            through = now
        }
        plane.shutdown()
        var last = plane.cut()
        // Less than a window of nothing but draining: no second to judge the generator by.
        last.series.removeAll { $0.key.metric.hasPrefix("health_") }
        let end = max(through, UInt32(clamping: Int(length.seconds.rounded(.up))))
        var final = delta(last, seq: deltas.count + 1, from: through, to: end)
        final.flags.insert(.final)
        return deltas + [final]
    }

    private func runSetup(_ plane: LoadPlane, _ log: (String) -> Void) {
        guard assignment.scenario.flows["setup"] != nil else { return }
        let outcome = plane.run(.setup)
        if let failure = outcome.failure {
            log("setup fails against the null server: \(failure); its captures are \"1\"")
        }
        plane.provide(setup: setupCaptures.merging(outcome.captures) { $1 })
    }

    /// Waits for the end of the window; true where the plane is idle before, or was cut off.
    private func waitForWindow(
        _ plane: LoadPlane, through: UInt32, since start: Instant
    ) -> Bool {
        let end = start + Self.window * (Int64(through) + 1)
        while true {
            let now = Instant.now()
            if now >= start + length + Self.patience {
                plane.abort()
                return true
            }
            if now >= end { return false }
            if plane.isIdle { return true }
            Pause.sleep(min(end - now, Self.idleStep))
        }
    }

    private func delta(_ cut: WindowCut, seq: Int, from: UInt32, to: UInt32) -> Delta {
        Delta(
            runTag: Delta.runTag(of: Self.runID), slot: UInt32(assignment.slot), epoch: 1,
            seq: UInt64(seq), fromWindow: from, toWindow: to, planRev: 1,
            cutAtUs: Int64(to) * 1_000_000, counters: cut.counters, series: cut.series)
    }
}

/// Where the null server of a calibration listens.
package struct CalibrationTarget: Sendable, Equatable {
    package var url: String
    package var unixSocket: String?
    package init(url: String, unixSocket: String?) {
        self.url = url
        self.unixSocket = unixSocket
    }
}

/// The deltas of a step as one file: a length of 4 bytes, big-endian, before each.
package enum CalibrationDeltas {
    package static func bytes(_ deltas: [Delta]) throws(DeltaError) -> [UInt8] {
        var out: [UInt8] = []
        for delta in deltas {
            let bytes = try DeltaCodec.encode(delta)
            withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { out.append(contentsOf: $0) }
            out += bytes
        }
        return out
    }

    package static func decode(_ bytes: [UInt8]) throws(DeltaError) -> [Delta] {
        var deltas: [Delta] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            guard rest.count >= 4 else { throw DeltaError("a length is cut off") }
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard length <= rest.count - 4 else { throw DeltaError("a delta is cut off") }
            deltas.append(try DeltaCodec.decode(Array(rest.dropFirst(4).prefix(length))))
            rest = rest.dropFirst(4 + length)
        }
        return deltas
    }
}
