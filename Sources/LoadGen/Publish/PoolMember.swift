// An agent that waits for a seat: it registers once per connection, says every 2 s that it is
// there, and looks for its seat. Runs on the agent's control thread; blocks on Redis.

import Foundation
import HarnessCore
import RedisClient

/// Where an agent was seated.
struct SeatedAgent {
    let agent: String
    let seat: SeatRecord
    let link: RedisLink
    let clock: ClockSamples
}

struct PoolMember {
    private static let presenceEvery = TimeSpan.seconds(2)
    static let presenceTtlMs = 10_000
    private static let registrationsTtlMs = "86400000"
    private static let step = TimeSpan.milliseconds(100)
    /// How long a server may be missing before an agent that never reached it gives up.
    private static let firstContact = TimeSpan.seconds(10)

    private let options: AgentOptions
    private let signals: AgentSignals
    private let keys: PoolKeys
    private let registration: Registration
    private let link: RedisLink
    private var clock = ClockSamples()

    init(options: AgentOptions, signals: AgentSignals) {
        self.options = options
        self.signals = signals
        keys = PoolKeys(pool: options.pool)
        let agent = UUID().uuidString.lowercased()
        let machine = MachineIdentity.current
        var registration = Registration(
            agent: agent, host: HostIdentity.name, pid: ProcessInfo.processInfo.processIdentifier,
            proto: Limits.fleetProtocol, version: machine.version, cores: machine.cores,
            capacity: options.workers, wantSlot: options.wantSlot, pwHash: "")
        registration.cpu = machine.cpu
        registration.build = machine.build
        self.registration = registration
        link = RedisLink(
            options.endpoint, name: "spotload-agent-\(agent.prefix(8))",
            seed: FNV1a64.hash(agent.utf8))
    }

    enum Outcome {
        case seated(SeatedAgent)
        case ended(ExitCode)
    }

    mutating func join() -> Outcome {
        let begunAt = Instant.now()
        var generation = 0
        var presenceAt = begunAt
        while true {
            if signals.isAbortRequested { return .ended(.interrupted) }
            if signals.isStopRequested { return .ended(.pass) }
            let now = Instant.now()
            guard link.connect(at: now) else {
                if generation == 0, now - begunAt > Self.firstContact {
                    let why = link.failure?.description ?? "no answer"
                    options.log("no Redis at \(options.endpoint): \(why)")
                    return .ended(.unavailable)
                }
                Pause.sleep(.milliseconds(20))
                continue
            }
            do throws(RedisError) {
                if link.generation != generation {
                    try register()
                    generation = link.generation
                    presenceAt = now
                }
                if now >= presenceAt {
                    try showPresence()
                    presenceAt = now + Self.presenceEvery
                }
                if let seat = try readSeat() {
                    let seated = SeatedAgent(
                        agent: registration.agent, seat: seat, link: link, clock: clock)
                    return .seated(seated)
                }
            } catch {
                options.log("lost Redis while waiting for a seat: \(error)")
            }
            Pause.sleep(Self.step)
        }
    }

    private mutating func register() throws(RedisError) {
        let add = ["XADD", keys.registrations, "MAXLEN", "~", "10000", "*"] + registration.fields
        let reply = try link.pipeline([add])[0]
        if let text = reply.errorText {
            let error = RedisError(.closed, "registering: \(text)")
            link.drop(error)
            throw error
        }
        clock.clear()
    }

    private mutating func showPresence() throws(RedisError) {
        clock.add(
            try link.exchange { connection throws(RedisError) in try connection.sampleClock() })
        let sample = clock.best
        let presence = AgentPresence(
            state: "idle", run: nil, offsetUs: sample?.mapping.offsetUs ?? 0,
            errorUs: sample?.mapping.errorUs ?? 0, rttUs: sample?.rttUs ?? 0)
        _ = try link.pipeline([
            [
                Array("SET".utf8), Array(keys.agent(registration.agent).utf8), presence.json(),
                Array("PX".utf8), Array(String(Self.presenceTtlMs).utf8),
            ],
            // The pool's list of agents lasts as long as somebody waits in it, and a day more.
            ["PEXPIRE", keys.registrations, Self.registrationsTtlMs].map { Array($0.utf8) },
        ])
    }

    private func readSeat() throws(RedisError) -> SeatRecord? {
        let reply = try link.pipeline([["GET", keys.seat(registration.agent)]])[0]
        guard let bytes = reply.bytes else { return nil }
        do throws(FleetRecordError) {
            let seat = try SeatRecord.decode(bytes)
            return seat.superseded ? nil : seat
        } catch {
            options.log("an unreadable seat: \(error)")
            return nil
        }
    }
}
