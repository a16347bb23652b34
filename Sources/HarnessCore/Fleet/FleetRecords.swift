// The JSON records that coordinator, collector and agents leave for one another in Redis
// (fleet.md sections 1-6). Every record has `v: 1`; another version is refused by `decode`.
//
// Times ending in Us are microseconds: `startAt` and `expires` of Redis TIME (Unix), the rest
// spans.

import Foundation

/// A record with a version.
package protocol FleetRecord: Codable, Sendable, Equatable {
    var v: Int { get }
}

/// Why a record was refused.
package struct FleetRecordError: Error, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

extension FleetRecord {
    /// Canonical JSON: sorted keys, slashes as they are.
    package func json() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return try Array(encoder.encode(self))
        } catch {
            // Records hold integers, strings and finite doubles only; encoding them cannot fail.
            preconditionFailure("a fleet record failed to encode: \(error)")
        }
    }

    /// Reads a record; refuses other versions and malformed JSON.
    package static func decode(_ bytes: [UInt8]) throws(FleetRecordError) -> Self {
        let record: Self
        do {
            record = try JSONDecoder().decode(Self.self, from: Data(bytes))
        } catch {
            throw FleetRecordError("malformed \(Self.self): \(error)")
        }
        guard record.v == 1 else {
            throw FleetRecordError("\(Self.self) has version \(record.v); this build speaks 1")
        }
        return record
    }
}

/// The signed form: 64 signature bytes, then the JSON.
///
/// Ed25519 over `"spotload/1 " kind "\n" JSON` (fleet.md section 2) has its place held by 64 zero
/// bytes in this version: nothing is signed or checked yet, the layout is final.
package enum SignedRecord {
    package static let signatureBytes = 64

    package static func seal(_ json: [UInt8]) -> [UInt8] {
        [UInt8](repeating: 0, count: signatureBytes) + json
    }

    package static func open(_ bytes: [UInt8]) throws(FleetRecordError) -> [UInt8] {
        guard bytes.count > signatureBytes else {
            throw FleetRecordError("a signed record of \(bytes.count) bytes is too short")
        }
        return Array(bytes[signatureBytes...])
    }
}

/// `spec`: what to run; written once.
package struct SpecRecord: FleetRecord {
    package var v = 1
    package var run: String
    /// Version of the fleet protocol; must equal `Limits.fleetProtocol`.
    package var proto: Int
    /// Version of spotload that wrote it.
    package var version: String
    /// The effective scenario: substituted, overridden, decodable without any environment.
    package var yaml: String
    /// SHA-256 of the effective scenario's text, lowercase hex.
    package var sha256: String
    package var seed: UInt64
    /// Base URL of the target, e.g. `http://127.0.0.1:8080`.
    package var target: String
    /// `host:port=address` or `host:port=block` entries that may be connected to beside loopback,
    /// as `AllowedTarget` reads them; names were resolved at `opening`.
    package var targets: [String]
    /// `address:port` entries that must not be connected to: Redis, the live page.
    package var refused: [String]
    /// Of the whole run; absent: none.
    package var caps: TargetCaps?
    /// Values of `${env.X}` that the flows name.
    package var env: [String: String]
    /// Six letters, new for each run: the first part of every client order id.
    package var runTag: String
    package var heartbeatMs: Int
    package var maxOfflineMs: Int
    package var maxUncontrolledMs: Int
    /// Files the scenario names; up to `Limits.shippedFileBytes` their bytes are in `file:<sha>`,
    /// larger ones every agent has under its `--data`.
    package var files: [File]

    package struct File: Codable, Sendable, Equatable {
        /// As the scenario names it, relative to its folder.
        package var path: String
        /// Lowercase hex.
        package var sha256: String
        package var bytes: Int
        package init(path: String, sha256: String, bytes: Int) {
            self.path = path
            self.sha256 = sha256
            self.bytes = bytes
        }
        package var isShipped: Bool { bytes <= Limits.shippedFileBytes }
    }

    package init(
        run: String, proto: Int, version: String, yaml: String, sha256: String, seed: UInt64,
        target: String, targets: [String], refused: [String] = [], caps: TargetCaps? = nil,
        env: [String: String],
        runTag: String, heartbeatMs: Int, maxOfflineMs: Int, maxUncontrolledMs: Int,
        files: [File] = []
    ) {
        self.run = run
        self.proto = proto
        self.version = version
        self.yaml = yaml
        self.sha256 = sha256
        self.seed = seed
        self.target = target
        self.targets = targets
        self.refused = refused
        self.caps = caps
        self.env = env
        self.runTag = runTag
        self.heartbeatMs = heartbeatMs
        self.maxOfflineMs = maxOfflineMs
        self.maxUncontrolledMs = maxUncontrolledMs
        self.files = files
    }
}

/// `plan`: who runs which part from which window on.
package struct PlanRecord: FleetRecord {
    /// A map from parts of the schedule to slots, effective from a window.
    package struct Assignment: Codable, Sendable, Equatable {
        package struct Entry: Codable, Sendable, Equatable {
            /// A segment's index; splits of a part come with re-assignment.
            package var part: [Int]
            package var slot: Int
            package init(part: [Int], slot: Int) {
                self.part = part
                self.slot = slot
            }
        }
        package var n: Int
        package var from: Int
        /// `committed`; `offered` and `withdrawn` come with re-assignment.
        package var state: String
        package var map: [Entry]
        package init(n: Int, from: Int, state: String, map: [Entry]) {
            self.n = n
            self.from = from
            self.state = state
            self.map = map
        }
    }
    package var v = 1
    package var run: String
    /// Rises with each rewrite; a rev not above the last seen is ignored.
    package var rev: UInt32
    /// Redis TIME in us at which run time 0 begins; absent until armed.
    package var startAt: Int64?
    package var windowUs: Int64
    /// run_id of the Redis server whose clock `startAt` is of.
    package var server: String
    /// The full sequence: one weight per segment.
    package var weights: [Int]
    package var assignments: [Assignment]
    /// Pairs [from, to or null] of windows in which schedule time stands still; ascending.
    package var pauses: [[Int?]]
    /// What operators asked for; in the order of `from`.
    package var scales: [Scale]
    /// No agent runs past this window; absent while nobody knows when the schedules end.
    package var endWindow: Int?

    /// An externally-controlled scenario has `vus` VUs, over the fleet, from window `from` on.
    package struct Scale: Codable, Sendable, Equatable {
        package var scenario: String
        package var from: Int
        package var vus: Int
        package init(scenario: String, from: Int, vus: Int) {
            self.scenario = scenario
            self.from = from
            self.vus = vus
        }
    }

    package init(
        run: String, rev: UInt32, startAt: Int64?, windowUs: Int64, server: String, weights: [Int],
        assignments: [Assignment], pauses: [[Int?]], scales: [Scale] = [], endWindow: Int?
    ) {
        self.run = run
        self.rev = rev
        self.startAt = startAt
        self.windowUs = windowUs
        self.server = server
        self.weights = weights
        self.assignments = assignments
        self.pauses = pauses
        self.scales = scales
        self.endWindow = endWindow
    }
}

/// An entry of `cmd`. `slot` is absent where it is meant for all.
package struct CommandRecord: FleetRecord {
    package enum Verb: String, Codable, Sendable {
        case plan, setup, teardown, drain, stop, abort, finish, closed
    }
    package var v = 1
    package var run: String
    package var slot: Int?
    package var `do`: Verb

    package init(run: String, slot: Int?, do verb: Verb) {
        self.run = run
        self.slot = slot
        self.do = verb
    }
}

/// `slot:<i>`: who holds the slot.
package struct SlotRecord: FleetRecord {
    package var v = 1
    package var slot: Int
    package var epoch: UInt64
    package var agent: String
    package var user: String
    /// `held` or `closed`.
    package var state: String

    package init(slot: Int, epoch: UInt64, agent: String, user: String, state: String) {
        self.slot = slot
        self.epoch = epoch
        self.agent = agent
        self.user = user
        self.state = state
    }
}

/// `seat:<agent>`: where an agent was seated, or that it was superseded.
package struct SeatRecord: FleetRecord {
    package var v = 1
    package var run: String
    package var slot: Int
    package var epoch: UInt64
    package var user: String
    package var superseded: Bool

    package init(run: String, slot: Int, epoch: UInt64, user: String, superseded: Bool) {
        self.run = run
        self.slot = slot
        self.epoch = epoch
        self.user = user
        self.superseded = superseded
    }
}

/// `agent:<id>` of a pool: an agent is there.
package struct AgentPresence: FleetRecord {
    package var v = 1
    /// `idle` or `busy`.
    package var state: String
    package var run: String?
    package var offsetUs: Int64
    package var errorUs: Int64
    package var rttUs: Int64

    package init(state: String, run: String?, offsetUs: Int64, errorUs: Int64, rttUs: Int64) {
        self.state = state
        self.run = run
        self.offsetUs = offsetUs
        self.errorUs = errorUs
        self.rttUs = rttUs
    }
}

/// An entry of a pool's `reg` stream; travels as fields, not as JSON.
package struct Registration: Codable, Sendable, Equatable {
    package var agent: String
    package var host: String
    package var pid: Int32
    package var proto: Int
    package var version: String
    package var cores: Int
    /// Worker threads.
    package var capacity: Int
    /// What a calibration is looked up by; empty where an agent does not tell.
    package var cpu = ""
    package var build = ""
    package var wantSlot: Int?
    /// SHA-256 of the agent's password; empty while Redis users are not separated.
    package var pwHash: String

    package init(
        agent: String, host: String, pid: Int32, proto: Int, version: String, cores: Int,
        capacity: Int, wantSlot: Int?, pwHash: String
    ) {
        self.agent = agent
        self.host = host
        self.pid = pid
        self.proto = proto
        self.version = version
        self.cores = cores
        self.capacity = capacity
        self.wantSlot = wantSlot
        self.pwHash = pwHash
    }
}

/// `hb:<i>`: an agent's heartbeat.
package struct Heartbeat: FleetRecord {
    package enum State: String, Codable, Sendable {
        case seated, syncing, ready, armed, running, paused, draining, stopping, idle, flushing
        case fenced, left
    }
    package var v = 1
    package var agent: String
    package var epoch: UInt64
    package var state: State
    package var planRev: UInt32
    package var cmdId: String
    /// Last delta cut, sent, acknowledged (0: none).
    package var cutSeq: UInt64
    package var sentSeq: UInt64
    package var ackSeq: UInt64
    package var window: Int
    /// The 14 cumulative counters in the order of the delta (fleet.md section 3).
    package var cum: [UInt64]
    package var vus: Int
    package var spoolBytes: Int
    package var offsetUs: Int64
    package var errorUs: Int64
    package var rttUs: Int64
    package var driftUs: Int64
    package var startErrorUs: Int64?
    /// run_id of the Redis server the agent's clock samples are of.
    package var server: String
    package var deadline: Int64?
    package var reason: String?

    package init(
        agent: String, epoch: UInt64, state: State, planRev: UInt32, cmdId: String, cutSeq: UInt64,
        sentSeq: UInt64, ackSeq: UInt64, window: Int, cum: [UInt64], vus: Int, spoolBytes: Int,
        offsetUs: Int64, errorUs: Int64, rttUs: Int64, driftUs: Int64, startErrorUs: Int64?,
        server: String, deadline: Int64?, reason: String?
    ) {
        self.agent = agent
        self.epoch = epoch
        self.state = state
        self.planRev = planRev
        self.cmdId = cmdId
        self.cutSeq = cutSeq
        self.sentSeq = sentSeq
        self.ackSeq = ackSeq
        self.window = window
        self.cum = cum
        self.vus = vus
        self.spoolBytes = spoolBytes
        self.offsetUs = offsetUs
        self.errorUs = errorUs
        self.rttUs = rttUs
        self.driftUs = driftUs
        self.startErrorUs = startErrorUs
        self.server = server
        self.deadline = deadline
        self.reason = reason
    }
}

/// `lease`: who coordinates and collects the run.
package struct LeaseRecord: FleetRecord {
    package var v = 1
    /// `host:pid`.
    package var holder: String
    package var token: UInt64
    package var n: UInt64
    /// Redis TIME in us after which another may take over.
    package var expires: Int64

    package init(holder: String, token: UInt64, n: UInt64, expires: Int64) {
        self.holder = holder
        self.token = token
        self.n = n
        self.expires = expires
    }
}
