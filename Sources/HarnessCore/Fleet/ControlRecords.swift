// What operators and the coordinator say to one another during a run (fleet.md sections 1 and 6):
// requests in the stream `ctl`, answers in `status`, and the file that tells `spotload ctl` where a
// local run is.

/// An entry of `ctl`; travels as fields `op`, `args` (JSON), `by`.
package struct OperatorRequest: Sendable, Equatable {
    package enum Operation: String, Sendable, CaseIterable { case pause, resume, scale, stop }
    /// Arguments of `scale`.
    package struct Arguments: FleetRecord {
        package var v = 1
        package var scenario: String?
        package var vus: Int?
        package init(scenario: String? = nil, vus: Int? = nil) {
            self.scenario = scenario
            self.vus = vus
        }
    }
    package var operation: Operation
    package var arguments: Arguments
    /// `user@host:pid`.
    package var by: String

    package init(_ operation: Operation, _ arguments: Arguments = Arguments(), by: String) {
        self.operation = operation
        self.arguments = arguments
        self.by = by
    }

    /// Name, value, name, value ...
    package var fields: [[UInt8]] {
        [
            Array("op".utf8), Array(operation.rawValue.utf8), Array("args".utf8),
            arguments.json(), Array("by".utf8), Array(by.utf8),
        ]
    }

    /// - Throws: `FleetRecordError` with what does not fit.
    package init(op: [UInt8]?, args: [UInt8]?, by: [UInt8]?) throws(FleetRecordError) {
        let name = String(decoding: op ?? [], as: UTF8.self)
        guard let operation = Operation(rawValue: name) else {
            throw FleetRecordError("unknown operation \"\(name.prefix(40))\"")
        }
        self.operation = operation
        arguments =
            try args.map { bytes throws(FleetRecordError) in
                try Arguments.decode(bytes)
            } ?? Arguments()
        self.by = String(decoding: (by ?? []).prefix(200), as: UTF8.self)
    }
}

/// `status`: how the run stands, and what became of the latest request. Times in seconds of run
/// time unless they say otherwise.
package struct StatusRecord: FleetRecord {
    package struct Slot: Codable, Sendable, Equatable {
        package var slot: Int
        package var state: String
        package var host: String
        package var epoch: UInt64
        package var vus: Int
        /// Windows it has cut.
        package var window: Int
        package var started: UInt64
        package var transfers: UInt64
        /// What is wrong with it, or why it is gone.
        package var note: String?
        package init(
            slot: Int, state: String, host: String, epoch: UInt64, vus: Int, window: Int,
            started: UInt64, transfers: UInt64, note: String?
        ) {
            self.slot = slot
            self.state = state
            self.host = host
            self.epoch = epoch
            self.vus = vus
            self.window = window
            self.started = started
            self.transfers = transfers
            self.note = note
        }
    }
    /// Per second over the last seconds, by the agents' heartbeats.
    package struct Rates: Codable, Sendable, Equatable {
        package var started: Double
        package var completed: Double
        package var dropped: Double
        package var transfers: Double
        package var failed: Double
        package init(
            started: Double, completed: Double, dropped: Double, transfers: Double, failed: Double
        ) {
            self.started = started
            self.completed = completed
            self.dropped = dropped
            self.transfers = transfers
            self.failed = failed
        }
    }
    package struct Answer: Codable, Sendable, Equatable {
        /// Id of the request in `ctl`.
        package var id: String
        package var result: String?
        package var error: String?
        package init(id: String, result: String?, error: String?) {
            self.id = id
            self.result = result
            self.error = error
        }
    }
    package var v = 1
    package var run: String
    package var scenario: String
    /// The coordinator's state (fleet.md section 1).
    package var state: String
    /// Since the start; absent before it.
    package var runTime: Double?
    /// When the schedules end, pauses included; absent where nobody knows.
    package var scheduleEnd: Double?
    package var pauses: [[Int?]]
    package var scales: [PlanRecord.Scale]
    package var slots: [Slot]
    /// Absent until there is something to compare.
    package var rates: Rates?
    package var lastCtl: Answer?

    package init(
        run: String, scenario: String, state: String, runTime: Double?, scheduleEnd: Double?,
        pauses: [[Int?]], scales: [PlanRecord.Scale], slots: [Slot], rates: Rates?,
        lastCtl: Answer?
    ) {
        self.run = run
        self.scenario = scenario
        self.state = state
        self.runTime = runTime
        self.scheduleEnd = scheduleEnd
        self.pauses = pauses
        self.scales = scales
        self.slots = slots
        self.rates = rates
        self.lastCtl = lastCtl
    }
}

/// `control.json` in a run's folder (mode 0600): where its coordinator listens; gone when it is.
package struct ControlFileRecord: FleetRecord {
    package static let name = "control.json"
    package var v = 1
    package var run: String
    /// URL of the run's Redis.
    package var redis: String
    package init(run: String, redis: String) {
        self.run = run
        self.redis = redis
    }
}
