// One measured ceiling, as `calibration.json` holds it (docs/schema/calibration.schema.json).

import HarnessCore

package struct CalibrationEntry: Sendable, Codable, Equatable {
    /// The scenario whose shape was run.
    package struct Shape: Sendable, Codable, Equatable {
        package var name: String
        /// `CalibrationShape.sha256`
        package var sha256: String
        package var requestsPerArrival: Double
        /// Sent and received, heads included.
        package var bytesPerRequest: Double
        package init(
            name: String, sha256: String, requestsPerArrival: Double, bytesPerRequest: Double
        ) {
            self.name = name
            self.sha256 = sha256
            self.requestsPerArrival = requestsPerArrival
            self.bytesPerRequest = bytesPerRequest
        }
    }
    /// Service time against the null server: what the generator and the kernel take by themselves.
    package struct Floor: Sendable, Codable, Equatable {
        package var p50Ms: Double
        package var p99Ms: Double
        package init(p50Ms: Double, p99Ms: Double) {
            self.p50Ms = p50Ms
            self.p99Ms = p99Ms
        }
    }
    /// One step of the search.
    package struct Step: Sendable, Codable, Equatable {
        package var arrivalsPerSecond: Double
        package var lengthS: Double
        package var requestsPerSecond: Double
        package var delivered: Double?
        package var lagP99Ms: Double?
        /// Of the busiest worker, 0...1.
        package var threadCpu: Double?
        package var serviceP50Ms: Double?
        package var serviceP99Ms: Double?
        /// Share of a core the null server used, per thread of its.
        package var nullServerCpu: Double?
        /// Keys of the signals that left their first bound; empty: the step held.
        package var gaveWay: [String]
        package init(
            arrivalsPerSecond: Double, lengthS: Double, requestsPerSecond: Double,
            delivered: Double?, lagP99Ms: Double?, threadCpu: Double?, serviceP50Ms: Double?,
            serviceP99Ms: Double?, nullServerCpu: Double?, gaveWay: [String]
        ) {
            self.arrivalsPerSecond = arrivalsPerSecond
            self.lengthS = lengthS
            self.requestsPerSecond = requestsPerSecond
            self.delivered = delivered
            self.lagP99Ms = lagP99Ms
            self.threadCpu = threadCpu
            self.serviceP50Ms = serviceP50Ms
            self.serviceP99Ms = serviceP99Ms
            self.nullServerCpu = nullServerCpu
            self.gaveWay = gaveWay
        }
    }

    package var key: CalibrationKey
    package var shape: Shape
    /// RFC 3339, UTC.
    package var measuredAt: String
    /// C, of all agents of the machine together.
    package var arrivalsPerSecond: Double
    package var requestsPerSecond: Double
    /// Requests/s of one worker thread, which is at most one core.
    package var requestsPerSecondPerCore: Double
    /// False: no rate that was tried gave way; C is at least this.
    package var isBounded: Bool
    /// Keys of the signals that gave way at the lowest rate above C.
    package var gaveWay: [String]
    /// CPU time of the workers for one request.
    package var cpuUsPerRequest: Double?
    package var floor: Floor?
    package var notes: [String]
    package var steps: [Step]

    package init(
        key: CalibrationKey, shape: Shape, measuredAt: String, arrivalsPerSecond: Double,
        requestsPerSecond: Double, requestsPerSecondPerCore: Double, isBounded: Bool,
        gaveWay: [String], cpuUsPerRequest: Double?, floor: Floor?, notes: [String], steps: [Step]
    ) {
        self.key = key
        self.shape = shape
        self.measuredAt = measuredAt
        self.arrivalsPerSecond = arrivalsPerSecond
        self.requestsPerSecond = requestsPerSecond
        self.requestsPerSecondPerCore = requestsPerSecondPerCore
        self.isBounded = isBounded
        self.gaveWay = gaveWay
        self.cpuUsPerRequest = cpuUsPerRequest
        self.floor = floor
        self.notes = notes
        self.steps = steps
    }

    /// Half of C: what a run should plan at most.
    package var advisedArrivalsPerSecond: Double { arrivalsPerSecond / 2 }

    /// Two of one identity measured the same thing: the newer one stands.
    func hasIdentity(of other: Self) -> Bool {
        key == other.key && shape.sha256 == other.shape.sha256
    }

    /// Numbers that a reader may divide by and show.
    var objection: String? {
        let rates = [arrivalsPerSecond, requestsPerSecond, requestsPerSecondPerCore]
        guard rates.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            return "rates are numbers above 0"
        }
        guard shape.requestsPerArrival.isFinite, shape.requestsPerArrival >= 0,
            shape.bytesPerRequest.isFinite, shape.bytesPerRequest >= 0
        else { return "shape has numbers that are none" }
        guard key.agents > 0, key.workers > 0, key.cores > 0 else {
            return "agents, workers and cores are at least 1"
        }
        return CalibrationTime.isTime(measuredAt) ? nil : "measuredAt is no time"
    }
}

/// Times as the file has them: `2027-01-02T00:15:00Z`, which sort as text.
package enum CalibrationTime {
    package static func isTime(_ text: String) -> Bool {
        let pattern = Array("0000-00-00T00:00:00Z".utf8)
        let bytes = Array(text.utf8)
        return bytes.count == pattern.count
            && zip(bytes, pattern).allSatisfy { byte, wanted in
                wanted == UInt8(ascii: "0") ? (0x30...0x39).contains(byte) : byte == wanted
            }
    }
}
