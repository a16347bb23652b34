// Names of the Redis keys of a run and of a pool (fleet.md section 2). All keys of a run share one
// hash tag, so that they live in one slot.

/// The keys of one run: `sl:{<run>}:...`.
package struct RunKeys: Sendable, Hashable {
    package let run: String
    package init(run: String) { self.run = run }

    private func key(_ suffix: String) -> String { "sl:{\(run)}:\(suffix)" }

    /// Signed `SpecRecord`; set once (NX).
    package var spec: String { key("spec") }
    /// Signed `PlanRecord`; rewritten with a rising `rev`.
    package var plan: String { key("plan") }
    /// Stream of signed `CommandRecord`, ids `<lease token>-<n>`.
    package var commands: String { key("cmd") }
    /// Signed `SetupRecord`.
    package var data: String { key("data") }
    /// Bytes of a file of the scenario, by its SHA-256.
    package func file(_ sha256: String) -> String { key("file:\(sha256)") }
    /// `LeaseRecord` of the collector.
    package var lease: String { key("lease") }
    /// Stream of `OperatorRequest`s; entry 0-1 is the coordinator's `init`.
    package var control: String { key("ctl") }
    /// `StatusRecord`, PX 10 s.
    package var status: String { key("status") }
    /// `SlotRecord`.
    package func slot(_ i: Int) -> String { key("slot:\(i)") }
    /// `Heartbeat`, PX leaseTtl.
    package func heartbeat(_ i: Int) -> String { key("hb:\(i)") }
    /// Stream of deltas, ids `<epoch>-<seq>`; entry 0-1 is the coordinator's `init`.
    package func deltas(_ i: Int) -> String { key("d:\(i)") }
    /// `<epoch>-<seq>` that is on the collector's disk.
    package func ack(_ i: Int) -> String { key("ack:\(i)") }
    /// `HookRecord`: how setup or teardown ended on slot i.
    package func out(_ i: Int) -> String { key("out:\(i)") }
}

/// The keys of one pool of agents: `sl:{pool:<name>}:...`.
package struct PoolKeys: Sendable, Hashable {
    package let pool: String
    package init(pool: String) { self.pool = pool }

    private func key(_ suffix: String) -> String { "sl:{pool:\(pool)}:\(suffix)" }

    /// Stream of `Registration` fields.
    package var registrations: String { key("reg") }
    /// `AgentPresence`, PX 10 s, renewed every 2 s.
    package func agent(_ id: String) -> String { key("agent:\(id)") }
    /// `SeatRecord`, NX PX 15 s by the coordinator that claims the agent.
    package func seat(_ id: String) -> String { key("seat:\(id)") }
    /// Whether `name` is a legal pool name: `[a-z0-9-]{1,40}`.
    package static func isValid(name: String) -> Bool {
        (1...40).contains(name.utf8.count)
            && name.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || $0 == UInt8(ascii: "-")
            }
    }
}

/// A run id: `YYYYMMDDThhmmssZ-xxxx`, the last four random hex digits.
package enum RunID {
    package static func make(unixNs: Int64, random: UInt16) -> String {
        WallClock.compactUTC(unixNs: unixNs) + "-"
            + Hex.text([UInt8(random >> 8), UInt8(random & 255)])
    }
}
