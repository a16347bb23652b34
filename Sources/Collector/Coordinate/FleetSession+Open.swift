// Opening, gathering and arming: checks of the server, lease, records, seats, the start.

import Foundation
import HarnessCore
import RedisClient
import ScenarioModel

extension FleetSession {
    private static let connectFor = TimeSpan.seconds(10)
    private static let firstSamples = 9

    func open() throws(CommandFailure) {
        let deadline = Instant.now() + Self.connectFor
        while !link.connect(at: Instant.now()) {
            guard Instant.now() < deadline else {
                let why = link.failure?.detail ?? "no answer"
                throw CommandFailure(.unavailable, "no Redis at \(options.endpoint): \(why)")
            }
            Pause.sleep(.milliseconds(20))
        }
        var objection: String?
        do throws(FleetFault) {
            objection = try takeServer()
        } catch {
            throw failureOfOpening(error)
        }
        if let objection { throw CommandFailure(.unavailable, objection) }
        try openLog()
    }

    /// Checks the server, takes the lease, writes the records; says what is wrong with the server.
    private func takeServer() throws(FleetFault) -> String? {
        let info = try information()
        if let objection = RedisRequirements.objection(info) { return objection }
        server = info["run_id"] ?? ""
        records.plan.server = server
        try sampleClock(Instant.now(), count: Self.firstSamples)
        try leased.acquire(nowUs: serverNowUs)
        try shipFiles()
        try leased.write(records.all(durable: []) + streamWrites)
        generation = link.generation
        return nil
    }

    /// Puts what agents can take from Redis there, a file at a time: they may be large. A private
    /// key stays out: agents have it below their `--data`.
    func shipFiles() throws(FleetFault) {
        var shipped: Set<String> = []
        let key = options.scenario.defaults.tlsKey
        for file in options.files
        where file.bytes.count <= Limits.shippedFileBytes && file.path != key {
            guard shipped.insert(file.sha256).inserted else { continue }
            try leased.write([records.fileWrite(file.sha256, file.bytes)])
        }
    }

    private func failureOfOpening(_ fault: FleetFault) -> CommandFailure {
        switch fault {
        case .redis(let error):
            CommandFailure(.unavailable, "Redis at \(options.endpoint): \(error.detail)")
        case .superseded(let lease): superseded(by: lease)
        case .stateLost:
            CommandFailure(.unavailable, "Redis at \(options.endpoint) forgets what is written")
        }
    }

    private func openLog() throws(CommandFailure) {
        do throws(SystemError) {
            let log = try WriteAheadLog(
                directory: options.walDirectory,
                header: .init(
                    run: options.runID, specSha256: records.spec.sha256, token: leased.token))
            log.append(.plan(records.plan.json()))
            try log.commit()
            self.log = log
            let observer = observer
            ingest = DeltaIngest(log: log, runID: options.runID) { observer.merged($0) }
        } catch {
            throw CommandFailure(.unavailable, "the log of the run: \(error)")
        }
    }

    private func information() throws(FleetFault) -> [String: String] {
        do throws(RedisError) {
            return try link.exchange { connection throws(RedisError) in
                try connection.info("default")
            }
        } catch {
            throw .redis(error)
        }
    }

    func sampleClock(_ now: Instant, count: Int = 5) throws(FleetFault) {
        do throws(RedisError) {
            for _ in 0..<count {
                clock.add(
                    try link.exchange { connection throws(RedisError) in
                        try connection.sampleClock()
                    })
            }
        } catch {
            throw .redis(error)
        }
        clockAt = now + Self.clockEvery
    }

    /// Redis TIME now, by our mapping; opening samples the clock before anything else.
    var serverNowUs: Int64 {
        clock.best?.mapping.serverUs(at: Instant.now()) ?? WallClock.unixNs() / 1_000
    }

    var streamWrites: [[[UInt8]]] {
        records.controlWrite(uuid: UUID().uuidString.lowercased())
            + machine.slots.indices.flatMap {
                records.streamWrite($0, uuid: UUID().uuidString.lowercased())
            }
    }

    func renewLease(_ now: Instant) throws(FleetFault) {
        try leased.write([leased.renewal(nowUs: serverNowUs)])
        leaseAt = now + Self.leaseEvery
    }

    // MARK: seats

    func seatAgents(_ now: Instant) throws(FleetFault) {
        try readRegistrations()
        let free = machine.freeSlots
        guard !free.isEmpty else { return }
        // The newest are the likeliest to be alive; a pool may hold thousands of old entries.
        let open = registrations.filter { !claimed.contains($0.agent) }.suffix(1_000)
        guard !open.isEmpty else { return }
        let presences =
            try leased.pipeline([["MGET"] + open.map { pool.agent($0.agent) }])[0].elements ?? []
        let candidates = zip(open, presences).map { registration, reply in
            // Losing the error is right: an unreadable presence is none.
            let presence = reply.bytes.flatMap { try? AgentPresence.decode($0) }
            return SeatCandidate(registration: registration, isIdle: presence?.state == "idle")
        }
        let hosts = machine.slots.compactMap { $0.agent?.host }
        for (slot, agent) in Seating.choose(free: free, from: candidates, takenHosts: hosts) {
            try seat(agent, on: slot, now)
        }
    }

    private func readRegistrations() throws(FleetFault) {
        let reply = try leased.pipeline([
            [
                "XREAD", "COUNT", "10000", "STREAMS", pool.registrations,
                registrationCursor.description,
            ]
        ])[0]
        for entry in reply.streamsRead?[pool.registrations] ?? [] {
            registrationCursor = entry.id
            let fields = entry.fields.map { String(decoding: $0, as: UTF8.self) }
            guard let registration = Registration(fields: fields),
                !registrations.contains(where: { $0.agent == registration.agent })
            else { continue }
            registrations.append(registration)
        }
    }

    private func seat(_ agent: Registration, on slot: Int, _ now: Instant) throws(FleetFault) {
        let epoch = machine.slots[slot].epoch + 1
        let record = SeatRecord(
            run: options.runID, slot: slot, epoch: epoch, user: "", superseded: false)
        let reply = try leased.pipeline([
            [
                "SET", pool.seat(agent.agent), String(decoding: record.json(), as: UTF8.self),
                "NX", "PX", Self.seatTtlMs,
            ]
        ])[0]
        claimed.insert(agent.agent)
        // Another run was faster.
        guard reply.isOK else { return }
        let held = SlotRecord(
            slot: slot, epoch: epoch, agent: agent.agent, user: "", state: "held")
        records.slots[slot] = held
        apply(.seated(slot: slot, agent), at: now)
        log?.append(
            .slotEvent(.init(slot: slot, epoch: epoch, event: "seated", agent: agent.agent)))
        observer.seated(slot, agent)
        try leased.write([records.slotWrite(held)])
    }

    func renewSeats(_ now: Instant) throws(FleetFault) {
        seatAt = now + Self.seatEvery
        let commands = machine.slots.enumerated().compactMap { slot, view -> [[UInt8]]? in
            guard let agent = view.agent else { return nil }
            let record = SeatRecord(
                run: options.runID, slot: slot, epoch: view.epoch, user: "", superseded: false)
            return RunRecords.words("SET", pool.seat(agent.agent)) + [record.json()]
                + RunRecords.words("XX", "PX", Self.seatTtlMs)
        }
        if !commands.isEmpty { try leased.write(commands) }
    }

    // MARK: the start

    func announceStart() throws(FleetFault) {
        guard startAtUs == nil || records.plan.startAt == nil else { return }
        try sampleClock(Instant.now())
        let worst = machine.slots.compactMap { $0.heartbeat?.rttUs }.max() ?? 0
        let startAt = serverNowUs + timings.startLead(worstRttUs: worst).ns / 1_000
        records.plan.startAt = startAt
        records.plan.rev += 1
        records.add(.plan, token: leased.token)
        startAtUs = startAt
        pendingStart = false
        // Written in any case, at the latest when the connection is back: agents that read it too
        // late begin late and count it.
        let start = clock.best?.mapping.instant(serverUs: startAt) ?? Instant.now()
        apply(.announced(start: start), at: Instant.now())
        observer.startAnnounced(start)
        log?.append(.plan(records.plan.json()))
        observer.phaseChanged("armed")
        try leased.write([records.planWrite] + records.commandWrites)
    }
}
