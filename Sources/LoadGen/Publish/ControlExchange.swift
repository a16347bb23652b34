// The control connection's one pipeline per heartbeat: SET hb, XREAD cmd, MGET slot ack lease plan,
// and where there is cause presence, the answer of a hook, `setup`'s captures. Parsing only; what
// follows from it is `AgentSession`'s matter.

import HarnessCore
import RedisClient

/// What one exchange brought.
struct ControlAnswer {
    /// When it was sent: a renewal counts from here.
    var sentAt: Instant
    var isHeartbeatStored: Bool
    var commands: [(id: StreamID, record: CommandRecord)]
    /// Nil: the key is missing or unreadable.
    var slot: SlotRecord?
    var ack: String?
    var lease: LeaseRecord?
    var plan: PlanRecord?
    var setup: SetupRecord?
}

struct ControlExchange {
    let keys: RunKeys
    let agentKey: String
    let slot: Int
    let leaseTtlMs: Int64
    private static let outLifeMs: Int64 = 86_400_000

    /// - Parameters:
    ///   - out: what a hook came to; before the heartbeat, whose state may follow from it.
    ///   - wantsSetup: asks for the captures of `setup`.
    func run(
        on link: RedisLink, heartbeat: Heartbeat, after command: StreamID,
        presence: AgentPresence?, out: HookRecord? = nil, wantsSetup: Bool = false
    ) throws(RedisError) -> ControlAnswer {
        let answers = out.map { [Self.set(keys.out(slot), $0.json(), ttlMs: Self.outLifeMs)] } ?? []
        let first = answers.count
        var commands = answers
        commands += [
            Self.set(keys.heartbeat(slot), heartbeat.json(), ttlMs: leaseTtlMs),
            Self.text(
                "XREAD", "COUNT", "100", "STREAMS", keys.commands, command.description),
            Self.text("MGET", keys.slot(slot), keys.ack(slot), keys.lease, keys.plan)
                + (wantsSetup ? Self.text(keys.data) : []),
        ]
        if let presence {
            commands.append(
                Self.set(agentKey, presence.json(), ttlMs: Int64(PoolMember.presenceTtlMs)))
        }
        let sentAt = Instant.now()
        let replies = try link.pipeline(commands)
        for reply in replies {
            guard let text = reply.errorText,
                [.retryable, .wrongLogin].contains(RedisErrorKind(text: text))
            else { continue }
            let error = RedisError(.closed, text)
            link.drop(error)
            throw error
        }
        let values = replies[first + 2].elements ?? []
        func bytes(_ i: Int) -> [UInt8]? { i < values.count ? values[i].bytes : nil }
        return ControlAnswer(
            sentAt: sentAt, isHeartbeatStored: replies[first].isOK,
            commands: Self.commands(in: replies[first + 1], key: keys.commands, run: keys.run),
            slot: Self.record(bytes(0)),
            ack: bytes(1).map { String(decoding: $0, as: UTF8.self) },
            lease: Self.record(bytes(2)),
            plan: bytes(3).flatMap { Self.signed($0) },
            setup: bytes(4).flatMap { Self.signed($0) })
    }

    private static func text(_ words: String...) -> [[UInt8]] { words.map { Array($0.utf8) } }

    private static func set(_ key: String, _ value: [UInt8], ttlMs: Int64) -> [[UInt8]] {
        text("SET", key) + [value] + text("PX", String(ttlMs))
    }

    /// An unreadable record is the same as none: it renews nothing and orders nothing.
    private static func record<Record: FleetRecord>(_ bytes: [UInt8]?) -> Record? {
        guard let bytes else { return nil }
        // Losing the error is right: a slot or lease that cannot be read is not ours.
        return try? Record.decode(bytes)
    }

    private static func signed<Record: FleetRecord>(_ bytes: [UInt8]) -> Record? {
        // As above: refused records are ignored (fleet.md section 2).
        guard let json = try? SignedRecord.open(bytes) else { return nil }
        return record(json)
    }

    private static func commands(
        in reply: RedisReply, key: String, run: String
    ) -> [(id: StreamID, record: CommandRecord)] {
        let entries = reply.streamsRead?[key] ?? []
        return entries.compactMap { entry in
            guard entry["s"]?.count == SignedRecord.signatureBytes,
                let command: CommandRecord = record(entry["j"]), command.run == run
            else { return nil }
            return (entry.id, command)
        }
    }
}
