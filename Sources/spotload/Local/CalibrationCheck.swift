// What a run knows of its agents' ceilings: the calibration file it found, the agents as they take
// their slots, what the scenario plans. Called on the collector's thread and the main task.

import Collector
import HarnessCore
import LoadGen
import ScenarioModel
import Synchronization

final class CalibrationCheck: Sendable {
    private let path: String
    private let file: CalibrationFile?
    /// Why the file does not count, where it is there and does not.
    private let refusal: String?
    private let peak: PlannedPeak?
    private let transport: CalibratedTransport
    private let shapeSha256: String
    private let agents: Int
    private struct Seats {
        var agents: [Int: Registration] = [:]
        var hasWarned = false
    }
    private let seats = Mutex(Seats())

    init(_ scenario: Scenario, agents: Int, path: String) {
        self.path = path
        self.agents = agents
        peak = PlannedPeak(scenario)
        transport = CalibratedTransport(scenario, target: scenario.target)
        // What cannot be calibrated has no shape to look for.
        shapeSha256 = (try? CalibrationShape(scenario).sha256) ?? ""
        do throws(CommandFailure) {
            file = try CalibrationFile.read(path)
            refusal = nil
        } catch {
            file = nil
            refusal = error.message
        }
    }

    /// Warnings, once all slots are taken: a file that does not read, a load beyond the advice.
    func seated(_ slot: Int, _ agent: Registration) -> [String] {
        let isComplete = seats.withLock { seats in
            seats.agents[slot] = agent
            guard seats.agents.count == agents, !seats.hasWarned else { return false }
            seats.hasWarned = true
            return true
        }
        guard isComplete else { return [] }
        return [refusal, facts(bytesPerRequest: nil)?.warning].compactMap { $0 }
    }

    /// Nil: a closed model alone plans no rate.
    /// - Parameter bytesPerRequest: sent and received; nil before that is known.
    func facts(bytesPerRequest: Double?) -> CalibrationFacts? {
        guard let peak else { return nil }
        let seated = seats.withLock { $0.agents }
        var hosts: [String: Int] = [:]
        for agent in seated.values { hosts[agent.host, default: 0] += 1 }
        var missing = refusal
        let rows = seated.sorted { $0.key < $1.key }.map { slot, agent in
            let query = agent.machine.map { machine in
                CalibrationQuery(
                    machine: machine, transport: transport, agents: hosts[agent.host] ?? 1,
                    workers: agent.capacity, shapeSha256: shapeSha256,
                    bytesPerRequest: bytesPerRequest)
            }
            guard let query, let match = file?.match(query) else {
                missing = missing ?? words(query)
                return CalibrationFacts.Agent(
                    slot: slot, plannedPeak: peak.arrivals / Double(agents))
            }
            return row(slot, match, peak)
        }
        return CalibrationFacts(
            agents: rows, missing: missing, hasClosedModel: peak.hasClosedModel)
    }

    private func row(
        _ slot: Int, _ match: CalibrationMatch, _ peak: PlannedPeak
    ) -> CalibrationFacts.Agent {
        let planned = match.basis == .arrivals ? peak.arrivals : peak.requests
        return CalibrationFacts.Agent(
            slot: slot, plannedPeak: planned / Double(agents), capacity: match.capacityPerAgent,
            unit: match.basis.rawValue, shape: match.entry.shape.name,
            measuredAt: match.entry.measuredAt, isAtLeast: !match.entry.isBounded)
    }

    /// Why nothing fits; nil where there is no file: nobody asked.
    private func words(_ query: CalibrationQuery?) -> String? {
        guard file != nil else { return nil }
        guard let query else { return "the agent does not tell its machine" }
        let machine = query.machine
        let cores = ReportText.counted(machine.cores, "core")
        let agents = ReportText.counted(query.agents, "agent")
        let workers = ReportText.counted(query.workers, "worker")
        var words = [machine.cpu, cores, "spotload \(machine.version) \(machine.build)"]
        words += ["lane \(transport.lane)", "\(agents) of \(workers)"]
        if transport.tls { words.append("TLS") }
        if !transport.reuse { words.append("no reuse") }
        if let bytes = query.bytesPerRequest {
            words.append("\(CalibrationKey.BodyClass(bytes: bytes).rawValue) a request")
        }
        let text = "\(path) has nothing for " + words.joined(separator: ", ")
        return text + ": spotload calibrate measures it"
    }
}
