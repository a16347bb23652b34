// The records a run's coordinator keeps in Redis, held here so that they can be written again after
// a restart of the server: spec, plan, slots, commands. A value; formats Redis commands, sends
// nothing.

import HarnessCore

struct RunRecords {
    let keys: RunKeys
    let spec: SpecRecord
    var plan: PlanRecord
    var slots: [Int: SlotRecord] = [:]
    /// What `setup` captured, once it is known.
    var setup: SetupRecord?
    private(set) var commands: [(id: StreamID, record: CommandRecord)] = []
    private var commandCount: UInt64 = 0

    static let lifeMs = "86400000"
    static let statusLifeMs = "10000"

    init(keys: RunKeys, spec: SpecRecord, plan: PlanRecord) {
        self.keys = keys
        self.spec = spec
        self.plan = plan
    }

    static func words(_ words: String...) -> [[UInt8]] { words.map { Array($0.utf8) } }

    var specWrite: [[UInt8]] {
        Self.words("SET", keys.spec) + [SignedRecord.seal(spec.json())]
            + Self.words("NX", "PX", Self.lifeMs)
    }

    var planWrite: [[UInt8]] {
        Self.words("SET", keys.plan) + [SignedRecord.seal(plan.json())]
            + Self.words("PX", Self.lifeMs)
    }

    var setupWrite: [[UInt8]]? {
        setup.map { setup in
            Self.words("SET", keys.data) + [SignedRecord.seal(setup.json())]
                + Self.words("PX", Self.lifeMs)
        }
    }

    func fileWrite(_ sha256: String, _ bytes: [UInt8]) -> [[UInt8]] {
        Self.words("SET", keys.file(sha256)) + [bytes] + Self.words("PX", Self.lifeMs)
    }

    func slotWrite(_ slot: SlotRecord) -> [[UInt8]] {
        Self.words("SET", keys.slot(slot.slot)) + [slot.json()] + Self.words("PX", Self.lifeMs)
    }

    /// As `streamWrite`: operators add to it only where it is, so that a request to a run that is
    /// not there leaves nothing behind.
    func controlWrite(uuid: String) -> [[[UInt8]]] {
        [
            Self.words("XADD", keys.control, "0-1", "init", uuid),
            Self.words("PEXPIRE", keys.control, Self.lifeMs),
        ]
    }

    func statusWrite(_ status: StatusRecord) -> [[UInt8]] {
        Self.words("SET", keys.status) + [status.json()] + Self.words("PX", Self.statusLifeMs)
    }

    /// Fails harmlessly where the stream is there already.
    func streamWrite(_ slot: Int, uuid: String) -> [[[UInt8]]] {
        [
            Self.words("XADD", keys.deltas(slot), "0-1", "init", uuid),
            Self.words("PEXPIRE", keys.deltas(slot), Self.lifeMs),
        ]
    }

    /// MSET takes the time to live away: it is set again.
    func ackWrites(_ durable: [(slot: Int, id: StreamID)]) -> [[[UInt8]]] {
        guard !durable.isEmpty else { return [] }
        var words = Self.words("MSET")
        for (slot, id) in durable { words += Self.words(keys.ack(slot), id.description) }
        return [words] + durable.map { Self.words("PEXPIRE", keys.ack($0.slot), Self.lifeMs) }
    }

    /// Numbers a command; it is written by `commandWrite`.
    @discardableResult
    mutating func add(_ verb: CommandRecord.Verb, slot: Int? = nil, token: UInt64) -> StreamID {
        commandCount += 1
        let id = StreamID(token, commandCount)
        commands.append((id, CommandRecord(run: keys.run, slot: slot, do: verb)))
        return id
    }

    /// All commands so far with their old ids; those that are there already are refused by Redis.
    var commandWrites: [[[UInt8]]] {
        guard !commands.isEmpty else { return [] }
        let zeros = [UInt8](repeating: 0, count: SignedRecord.signatureBytes)
        let writes = commands.map { id, record in
            Self.words("XADD", keys.commands, id.description, "s") + [zeros]
                + Self.words("j") + [record.json()]
        }
        return writes + [Self.words("PEXPIRE", keys.commands, Self.lifeMs)]
    }

    /// Everything but the streams of deltas.
    func all(durable: [(slot: Int, id: StreamID)]) -> [[[UInt8]]] {
        var writes = [specWrite, planWrite] + (setupWrite.map { [$0] } ?? [])
        writes += slots.keys.sorted().compactMap { slots[$0] }.map { slotWrite($0) }
        writes += ackWrites(durable)
        return writes + commandWrites
    }
}
