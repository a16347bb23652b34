// The coordinator's loop: reads Redis, feeds `CoordinatorMachine` and `DeltaIngest`, carries out
// what they ask for. Confined to the collector's thread. Opening and closing are in extensions.

import Foundation
import HarnessCore
import RedisClient
import ScenarioModel
import Telemetry

final class FleetSession {
    static let cycle = TimeSpan.milliseconds(250)
    static let gatheringCycle = TimeSpan.milliseconds(50)
    static let leaseEvery = TimeSpan.seconds(2)
    static let seatEvery = TimeSpan.seconds(5)
    static let trimEvery = TimeSpan.seconds(10)
    static let clockEvery = TimeSpan.seconds(10)
    static let lifeEvery = TimeSpan.seconds(3_600)
    static let statusEvery = TimeSpan.seconds(1)
    static let seatTtlMs = "15000"

    let options: FleetRunOptions
    let observer: FleetRunObserver
    let keys: RunKeys
    let pool: PoolKeys
    let timings: FleetTimings
    let link: RedisLink
    let leased: LeasedConnection
    var records: RunRecords
    var machine: CoordinatorMachine
    var log: WriteAheadLog?
    var ingest: DeltaIngest?
    var clock = ClockSamples()
    var server = ""

    var generation = 0
    var registrations: [Registration] = []
    var registrationCursor = StreamID.zero
    var claimed: Set<String> = []
    var finals: Set<StreamIDOfSlot> = []
    var acknowledged: [Int: StreamID] = [:]
    /// After a loss of state: streams are made again once all agents have seen this plan.
    var streamsWaitForRev: (rev: UInt32, since: Instant)?
    var leaseAt = Instant(ns: .min)
    var seatAt = Instant(ns: .min)
    var trimAt = Instant(ns: .min)
    var clockAt = Instant(ns: .min)
    var lifeAt = Instant(ns: .min)
    var statusAt = Instant(ns: .min)
    var controlCursor = StreamID.first
    var lastAnswer: StatusRecord.Answer?
    var progress = RateSamples()
    var failure: CommandFailure?
    var startAtUs: Int64?
    var notes: [String] = []
    private var walRetryAt = Instant(ns: .min)

    struct StreamIDOfSlot: Hashable {
        let slot: Int
        let epoch: UInt64
    }

    init(_ options: FleetRunOptions, observer: FleetRunObserver) throws(CommandFailure) {
        self.options = options
        self.observer = observer
        keys = RunKeys(run: options.runID)
        pool = PoolKeys(pool: options.pool)
        timings = FleetTimings(scenario: options.scenario)
        let host = HostIdentity.name
        let pid = ProcessInfo.processInfo.processIdentifier
        link = RedisLink(
            options.endpoint, name: "spotload-run",
            seed: FNV1a64.hash(options.runID.utf8) ^ UInt64(UInt32(bitPattern: pid)))
        leased = LeasedConnection(link: link, key: keys.lease, holder: "\(host):\(pid)")
        let fleet = options.scenario.fleet
        let spec = SpecRecord(
            run: options.runID, proto: Limits.fleetProtocol, version: Limits.version,
            yaml: options.effectiveYAML, sha256: Sha256.hex(Array(options.effectiveYAML.utf8)),
            seed: options.scenario.seed, target: options.target,
            targets: options.rule.allowed.flatMap(\.lines),
            refused: (options.rule.refused.union(options.endpoint.socketEndpoints))
                .map(\.description).sorted(),
            caps: options.caps, env: options.env, runTag: options.runTag,
            heartbeatMs: Int(fleet.heartbeat.ns / 1_000_000),
            maxOfflineMs: Int(fleet.maxOffline.ns / 1_000_000),
            maxUncontrolledMs: Int(fleet.maxUncontrolled.ns / 1_000_000),
            files: options.files.map {
                SpecRecord.File(path: $0.path, sha256: $0.sha256, bytes: $0.bytes.count)
            })
        let map = (0..<options.agents).map {
            PlanRecord.Assignment.Entry(part: [$0], slot: $0)
        }
        let plan = PlanRecord(
            run: options.runID, rev: 1, startAt: nil, windowUs: 1_000_000, server: "",
            weights: Array(repeating: 1, count: options.agents),
            assignments: [.init(n: 1, from: 0, state: "committed", map: map)], pauses: [],
            endWindow: nil)
        records = RunRecords(keys: keys, spec: spec, plan: plan)
        machine = CoordinatorMachine(
            agents: options.agents, timings: timings, rules: RunRules(scenario: options.scenario),
            onLoss: options.scenario.onAgentLoss, ownHost: host, at: Instant.now())
        records.plan.endWindow = machine.endWindow
    }

    /// - Parameter mail: what other threads asked for since the last call.
    func run(mail: () -> [CoordinatorMachine.Event]) throws(CommandFailure) -> FleetRunResult {
        try open()
        let noun = options.agents == 1 ? "agent" : "agents"
        observer.phaseChanged("waiting for \(options.agents) \(noun)")
        while !machine.isOver, failure == nil {
            let begunAt = Instant.now()
            let letters = mail()
            for event in letters where !event.isDeath { apply(event, at: begunAt) }
            exchange(begunAt)
            // After the exchange: what the dead said last tells more than that they died.
            for event in letters where event.isDeath { apply(event, at: Instant.now()) }
            apply(.time, at: Instant.now())
            tick()
            let span = machine.isBeforeStart ? Self.gatheringCycle : Self.cycle
            if !machine.isOver { Pause.sleep(span - (Instant.now() - begunAt)) }
        }
        drain()
        close()
        if let failure { throw failure }
        return result()
    }

    // MARK: one cycle

    func apply(_ event: CoordinatorMachine.Event, at now: Instant) {
        let before = (phase: machine.phase, isLoading: machine.isLoading)
        for action in machine.handle(event, at: now) {
            switch action {
            case .announceStart: pendingStart = true
            case .send(let verb, let slot):
                records.add(verb, slot: slot, token: leased.token)
                unsentCommands = true
            case .share(let captures):
                records.setup = SetupRecord(run: options.runID, captures: captures)
                unsharedSetup = true
            case .replan: replan()
            case .answer(let answer):
                lastAnswer = answer
                statusAt = Instant(ns: .min)
            case .unseat(_, let agent): claimed.insert(agent)
            case .say(let line): observer.phaseChanged(line)
            case .warn(let line):
                notes.append(line)
                observer.phaseChanged("warning: " + line)
            case .fail(let code, let why): failure = CommandFailure(code, why)
            }
        }
        if machine.phase != before.phase, machine.phase == .running { noteRunning() }
        if before.isLoading, !machine.isLoading { observer.loadEnded() }
    }

    var pendingStart = false
    var unsentCommands = false
    var unsharedSetup = false
    var unwrittenPlan = false

    private func noteRunning() {
        // Reset for agents whose heartbeats came while nothing was due.
        leaseAt = Instant(ns: .min)
    }

    /// Everything that needs Redis; what fails is done again in the next cycle.
    private func exchange(_ now: Instant) {
        guard link.connect(at: now) else { return }
        do throws(FleetFault) {
            if link.generation != generation { try reconcile(now) }
            if now >= clockAt { try sampleClock(now) }
            if now >= leaseAt { try renewLease(now) }
            if machine.phase == .gathering { try seatAgents(now) }
            if now >= seatAt { try renewSeats(now) }
            if unsharedSetup, let write = records.setupWrite {
                try leased.write([write])
                unsharedSetup = false
            }
            if pendingStart { try announceStart() }
            try readControl(now)
            if unwrittenPlan {
                try leased.write([records.planWrite])
                unwrittenPlan = false
            }
            if unsentCommands {
                try leased.write(records.commandWrites)
                unsentCommands = false
            }
            try readHeartbeats(now)
            try makeStreamsAgain(now)
            try ingestOnce(now)
            if now >= trimAt { try trim(now) }
            if now >= lifeAt { try extendLife(now) }
            if now >= statusAt { try writeStatus(now) }
        } catch {
            note(error)
        }
    }

    func note(_ fault: FleetFault) {
        switch fault {
        case .redis: break
        case .stateLost:
            do throws(FleetFault) {
                try recoverState(Instant.now())
            } catch {
                if case .superseded(let lease) = error { failure = superseded(by: lease) }
            }
        case .superseded(let lease): failure = superseded(by: lease)
        }
    }

    func superseded(by lease: LeaseRecord) -> CommandFailure {
        CommandFailure(.unavailable, "run \(options.runID) is collected by \(lease.holder)")
    }

    private func tick() {
        guard machine.isLoading, let start = machine.start else { return }
        // A run that was cut already is not judged on the load that is missing since.
        guard machine.aborted == nil, !machine.isInterrupted else { return }
        let runTime = Instant.now() - start
        guard runTime >= .zero else { return }
        if case .abort(let why) = observer.tick(runTime) { apply(.abort(why), at: Instant.now()) }
    }

    // MARK: heartbeats

    private func readHeartbeats(_ now: Instant) throws(FleetFault) {
        let slots = machine.slots.indices.filter { machine.slots[$0].agent != nil }
        let hookSlot = machine.phase == .setup ? 0 : machine.teardownSlot
        let keyList =
            [keys.spec] + slots.map { keys.heartbeat($0) } + (hookSlot.map { [keys.out($0)] } ?? [])
        let values = try leased.pipeline([["MGET"] + keyList])[0].elements ?? []
        guard values.count == keyList.count else { return }
        if values[0] == .null { throw .stateLost }
        let seenAt = Instant.now()
        if let hookSlot, let bytes = values.last?.bytes { note(hook: bytes, of: hookSlot, seenAt) }
        for (place, slot) in slots.enumerated() {
            let heartbeat = values[place + 1].bytes.flatMap { bytes in
                // Losing the error is right: an unreadable heartbeat is as good as none.
                try? Heartbeat.decode(bytes)
            }
            apply(.heartbeat(slot: slot, heartbeat), at: seenAt)
        }
    }

    /// Comes before the heartbeats: an agent writes it before its state changes.
    private func note(hook bytes: [UInt8], of slot: Int, _ now: Instant) {
        do throws(FleetRecordError) {
            let record = try HookRecord.decode(bytes)
            if record.run == options.runID { apply(.hookEnded(slot: slot, record), at: now) }
        } catch {
            let line = "slot \(slot): \(error)"
            if notes.last != line { notes.append(line) }
        }
    }

    // MARK: deltas

    /// Reads what is new of each slot, logs, merges, acknowledges; says how much there was.
    @discardableResult
    func ingestOnce(_ now: Instant) throws(FleetFault) -> Int {
        guard let ingest, now >= walRetryAt else { return 0 }
        var entries = 0
        let slots = Array(machine.slots.indices)
        for first in stride(from: 0, to: slots.count, by: 64) {
            let group = slots[first..<min(first + 64, slots.count)]
            var command = ["XREAD", "COUNT", "32", "STREAMS"]
            command += group.map { keys.deltas($0) }
            command += group.map { ingest.cursor($0).description }
            let reply = try leased.pipeline([command])[0]
            guard let streams = reply.streamsRead else {
                throw .redis(RedisError(.malformed, "XREAD answered \(reply.errorText ?? "?")"))
            }
            for slot in group {
                for entry in streams[keys.deltas(slot)] ?? [] {
                    ingest.stage(slot: slot, id: entry.id, bytes: entry["b"])
                    entries += 1
                }
            }
        }
        guard commit(now) else { return 0 }
        try acknowledge()
        return entries
    }

    /// A failed sync merges and acknowledges nothing; it is tried again a second later.
    private func commit(_ now: Instant) -> Bool {
        guard let ingest else { return false }
        do throws(SystemError) {
            try ingest.commit()
        } catch {
            walRetryAt = now + .seconds(1)
            let line = "the log cannot be written: \(error)"
            if notes.last != line { notes.append(line) }
            observer.phaseChanged(line)
            return false
        }
        for ledger in ingest.allLedgers where ledger.isFinal {
            let slot = Int(ledger.slot)
            guard machine.slots[slot].epoch == ledger.epoch,
                finals.insert(StreamIDOfSlot(slot: slot, epoch: ledger.epoch)).inserted
            else { continue }
            apply(.finalMerged(slot: slot), at: Instant.now())
        }
        return true
    }

    private func acknowledge() throws(FleetFault) {
        let fresh = durableIDs.filter { acknowledged[$0.slot] != $0.id }
        guard !fresh.isEmpty else { return }
        try leased.write(records.ackWrites(fresh))
        for (slot, id) in fresh { acknowledged[slot] = id }
    }

    var durableIDs: [(slot: Int, id: StreamID)] {
        machine.slots.indices.compactMap { slot in
            ingest?.durable(slot).map { (slot: slot, id: $0) }
        }
    }

    /// Drops from the streams what is on our disk.
    private func trim(_ now: Instant) throws(FleetFault) {
        trimAt = now + Self.trimEvery
        let commands = acknowledged.sorted { $0.key < $1.key }.map { slot, id in
            RunRecords.words(
                "XTRIM", keys.deltas(slot), "MINID",
                StreamID(id.major, id.minor + 1).description)
        }
        if !commands.isEmpty { try leased.write(commands) }
    }

    /// After the end: whatever is still in the streams, as long as Redis answers.
    private func drain() {
        guard failure == nil else { return }
        for _ in 0..<1_000 {
            let now = Instant.now()
            guard link.connect(at: now) else { return }
            do throws(FleetFault) {
                if try ingestOnce(now) == 0 { return }
            } catch {
                note(error)
                return
            }
        }
    }
}

extension CoordinatorMachine.Event {
    fileprivate var isDeath: Bool { if case .childExited = self { true } else { false } }
}

@available(*, unavailable)
extension FleetSession: Sendable {}
