// What a seated agent reads before it builds anything: spec and plan, checked (run, version,
// protocol, digest, segment). Pure, apart from the scenario decoder it is given.

import HarnessCore
import ScenarioModel

struct SeatBriefing {
    let spec: SpecRecord
    let plan: PlanRecord
    let scenario: Scenario
    let segment: Int

    /// - Throws: `CommandFailure` 104 with what does not fit.
    init(
        seat: SeatRecord, spec specBytes: [UInt8], plan planBytes: [UInt8],
        decode: (String) throws -> Scenario
    ) throws(CommandFailure) {
        func refuse(_ why: String) -> CommandFailure {
            CommandFailure(.badConfiguration, "run \(seat.run) refused: \(why)")
        }
        do throws(FleetRecordError) {
            spec = try SpecRecord.decode(try SignedRecord.open(specBytes))
            plan = try PlanRecord.decode(try SignedRecord.open(planBytes))
        } catch {
            throw refuse(error.description)
        }
        guard spec.run == seat.run, plan.run == seat.run else {
            throw refuse("its spec or plan is of another run")
        }
        guard spec.proto == Limits.fleetProtocol, spec.version == Limits.version else {
            throw refuse(
                "it speaks protocol \(spec.proto) of version \(spec.version), "
                    + "we \(Limits.fleetProtocol) of \(Limits.version)")
        }
        guard Sha256.hex(Array(spec.yaml.utf8)) == spec.sha256 else {
            throw refuse("the scenario does not have the digest it should")
        }
        guard spec.heartbeatMs > 0, spec.maxOfflineMs > 0, spec.maxUncontrolledMs > 0,
            plan.windowUs == 1_000_000
        else { throw refuse("its timings are out of range") }
        do {
            scenario = try decode(spec.yaml)
        } catch {
            throw refuse("the scenario does not decode: \(error)")
        }
        let parts = plan.assignments.last { $0.state == "committed" }?.map ?? []
        guard let part = parts.first(where: { $0.slot == seat.slot })?.part, part.count == 1,
            plan.weights.indices.contains(part[0])
        else { throw refuse("the plan has no segment for slot \(seat.slot)") }
        segment = part[0]
    }

    func assignment(seat: SeatRecord, workers: Int) -> AgentAssignment {
        AgentAssignment(
            runID: seat.run, scenario: scenario, slot: seat.slot, epoch: seat.epoch,
            weights: plan.weights, segment: segment, targetURL: spec.target,
            allowedTargets: spec.targets, env: spec.env, runTag: spec.runTag, workers: workers)
    }
}
