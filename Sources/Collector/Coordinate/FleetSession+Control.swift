// Operators: their requests come in the stream `ctl`, one a cycle, and are answered in `status`,
// which also says how the run stands.

import HarnessCore
import RedisClient
import ScenarioModel
import Telemetry

extension FleetSession {
    /// One at a time: each answer stands in `status` for a cycle at least, and so is seen.
    func readControl(_ now: Instant) throws(FleetFault) {
        let reply = try leased.pipeline([
            ["XREAD", "COUNT", "1", "STREAMS", keys.control, controlCursor.description]
        ])[0]
        guard let entry = reply.streamsRead?[keys.control]?.first else { return }
        controlCursor = entry.id
        guard entry["op"] != nil else { return }
        let id = entry.id.description
        do throws(FleetRecordError) {
            let request = try OperatorRequest(
                op: entry["op"], args: entry["args"], by: entry["by"])
            apply(.operated(id: id, request), at: Instant.now())
        } catch {
            lastAnswer = .init(id: id, result: nil, error: error.description)
        }
        statusAt = Instant(ns: .min)
    }

    /// The plan as operators changed it, for agents and the log.
    func replan() {
        records.plan.rev += 1
        records.plan.pauses = machine.pauses.pairs
        records.plan.scales = machine.scales
        records.plan.endWindow = machine.endWindow
        records.add(.plan, token: leased.token)
        unwrittenPlan = true
        unsentCommands = true
        log?.append(.plan(records.plan.json()))
        observer.pausesChanged(machine.pauses)
    }

    func writeStatus(_ now: Instant) throws(FleetFault) {
        progress.add(heartbeatTotals, at: now)
        try leased.write([records.statusWrite(status(now))])
        statusAt = now + Self.statusEvery
    }

    /// The counters of all slots by their newest heartbeats.
    private var heartbeatTotals: RunCounters {
        machine.slots.compactMap(\.heartbeat).reduce(RunCounters()) { sum, heartbeat in
            Self.counters(heartbeat).map { sum + $0 } ?? sum
        }
    }

    private static func counters(_ heartbeat: Heartbeat) -> RunCounters? {
        heartbeat.cum.count == RunCounters.count ? RunCounters(values: heartbeat.cum) : nil
    }

    func status(_ now: Instant) -> StatusRecord {
        let end =
            machine.rules.isEndless ? nil : machine.pauses.runTime(of: timings.scheduleEnd)
        return StatusRecord(
            run: options.runID, scenario: options.scenario.name, state: machine.phase.rawValue,
            runTime: machine.start.map { (now - $0).seconds }, scheduleEnd: end?.seconds,
            pauses: machine.pauses.pairs, scales: machine.scales,
            slots: machine.slots.enumerated().map { slot, view in
                let counters = view.heartbeat.flatMap(Self.counters)
                return StatusRecord.Slot(
                    slot: slot, state: view.state.rawValue, host: view.agent?.host ?? "",
                    epoch: view.epoch, vus: view.heartbeat?.vus ?? 0,
                    window: view.heartbeat?.window ?? 0, started: counters?.started ?? 0,
                    transfers: counters?.transfersEnded ?? 0,
                    note: view.loss ?? view.heartbeat?.reason)
            }, rates: progress.rates, lastCtl: lastAnswer)
    }
}
