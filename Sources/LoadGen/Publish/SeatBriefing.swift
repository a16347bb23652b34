// What a seated agent reads before it builds anything: spec and plan, checked (run, version,
// protocol, digest, segment), then the scenario with its files and secrets. Pure, apart from the
// scenario decoder it is given.

import HarnessCore
import RedisClient
import ScenarioModel

struct SeatBriefing {
    let spec: SpecRecord
    let plan: PlanRecord
    let scenario: Scenario
    let segment: Int
    let secrets: [String: String]
    /// What this agent itself lets the run load, and what none may: the run's Redis.
    let ownRule: TargetRule

    private static func refusal(_ run: String, _ why: String) -> CommandFailure {
        CommandFailure(.badConfiguration, "run \(run) refused: \(why)")
    }

    /// - Throws: `CommandFailure` 104 with what does not fit.
    static func spec(_ bytes: [UInt8], of run: String) throws(CommandFailure) -> SpecRecord {
        let spec: SpecRecord
        do throws(FleetRecordError) {
            spec = try SpecRecord.decode(try SignedRecord.open(bytes))
        } catch {
            throw refusal(run, error.description)
        }
        guard spec.run == run else { throw refusal(run, "its spec is of another run") }
        guard spec.proto == Limits.fleetProtocol, spec.version == Limits.version else {
            throw refusal(
                run,
                "it speaks protocol \(spec.proto) of version \(spec.version), "
                    + "we \(Limits.fleetProtocol) of \(Limits.version)")
        }
        guard Sha256.hex(Array(spec.yaml.utf8)) == spec.sha256 else {
            throw refusal(run, "the scenario does not have the digest it should")
        }
        guard spec.heartbeatMs > 0, spec.maxOfflineMs > 0, spec.maxUncontrolledMs > 0 else {
            throw refusal(run, "its timings are out of range")
        }
        return spec
    }

    /// - Parameters:
    ///   - files: all that the spec names.
    ///   - secrets: finds those the scenario names.
    ///   - targets: this agent's own.
    ///   - redis: as this agent knows it.
    /// - Throws: `CommandFailure` 104 with what does not fit, 69 where a secret is missing.
    init(
        seat: SeatRecord, spec: SpecRecord, plan planBytes: [UInt8], files: [ScenarioFile],
        secrets: SecretStore, targets: OwnTargets, redis: RedisEndpoint,
        decode: (String, [ScenarioFile]) throws -> Scenario
    ) throws(CommandFailure) {
        self.spec = spec
        do throws(FleetRecordError) {
            plan = try PlanRecord.decode(try SignedRecord.open(planBytes))
        } catch {
            throw Self.refusal(seat.run, error.description)
        }
        guard plan.run == seat.run, plan.windowUs == 1_000_000 else {
            throw Self.refusal(seat.run, "its plan is of another run or has other windows")
        }
        do {
            scenario = try decode(spec.yaml, files)
        } catch {
            throw Self.refusal(seat.run, "the scenario does not decode: \(error)")
        }
        let parts = plan.assignments.last { $0.state == "committed" }?.map ?? []
        guard let part = parts.first(where: { $0.slot == seat.slot })?.part, part.count == 1,
            plan.weights.indices.contains(part[0])
        else { throw Self.refusal(seat.run, "the plan has no segment for slot \(seat.slot)") }
        segment = part[0]
        self.secrets = try secrets.read(scenario.secretNames)
        ownRule = try Self.admit(seat, spec, targets, redis)
        if let path = scenario.defaults.unixSocket, case .unix(let own) = redis.address, path == own
        {
            throw Self.refusal(seat.run, "its target is the socket of its Redis")
        }
        if let objection = targets.objection(
            to: scenario.workloads, agents: plan.weights.count)
        {
            throw Self.refusal(seat.run, objection)
        }
    }

    private static func admit(
        _ seat: SeatRecord, _ spec: SpecRecord, _ targets: OwnTargets, _ redis: RedisEndpoint
    ) throws(CommandFailure) -> TargetRule {
        do throws(TargetError) {
            for line in spec.refused where SocketEndpoint(line) == nil {
                throw TargetError("\"\(line)\" of its spec is no address with a port")
            }
            var wanted: [AllowedTarget] = []
            for line in spec.targets { wanted.append(try AllowedTarget(line)) }
            var rule = try targets.admit(wanted)
            rule.refused.formUnion(redis.socketEndpoints)
            return rule
        } catch {
            throw refusal(seat.run, error.description)
        }
    }

    /// Caps are of the whole run; the agent's share of them is that of the load.
    func meters(own: TargetCaps?) -> [CapMeter] {
        let all = plan.weights.reduce(0, +)
        let share = Double(plan.weights[segment]) / Double(max(1, all))
        return [spec.caps, own].compactMap(\.self).map { CapMeter($0, share: share) }
    }

    func assignment(seat: SeatRecord, workers: Int) -> AgentAssignment {
        var assignment = AgentAssignment(
            runID: seat.run, scenario: scenario, slot: seat.slot, epoch: seat.epoch,
            weights: plan.weights, segment: segment, targetURL: spec.target,
            allowedTargets: spec.targets, env: spec.env, runTag: spec.runTag, workers: workers)
        assignment.secrets = secrets
        assignment.refusedEndpoints = spec.refused
        assignment.ownRule = ownRule
        return assignment
    }
}
