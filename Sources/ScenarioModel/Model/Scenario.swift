// The checked scenario: what a document means once every rule has passed. Values only; produced by
// `Decode/` and `Validate/`, read by LoadGen (which runs it) and Collector (which judges it).

package import HarnessCore

/// A scenario document, decoded, substituted and valid.
package struct Scenario: Sendable, Equatable {
    package var name: String
    package var description: String = ""
    /// Base URL of the system under test; nil: the bundled engine is started and becomes it.
    package var target: String?
    /// Flags for the bundled engine (camelCase key -> value), where it is to be started.
    package var engine: [String: String]?
    package var seed: UInt64 = 1
    package var tags: [String: String] = [:]
    package var defaults = RequestDefaults()
    /// Samples intended before this span of run time are not judged.
    package var warmup: TimeSpan = .zero
    /// In order of (startTime, name).
    package var workloads: [Workload]
    package var flows: [String: Flow]
    package var thresholds: [Threshold] = []
    package var summaryTrendStats: [TrendStatistic] = TrendStatistic.defaults
    package var fleet = FleetSettings()
    package var onAgentLoss = OnAgentLoss.degrade
    package var setupTimeout: TimeSpan = .seconds(60)
    package var teardownTimeout: TimeSpan = .seconds(60)

    package init(name: String, workloads: [Workload], flows: [String: Flow]) {
        self.name = name
        self.workloads = workloads
        self.flows = flows
    }
}

/// `defaults`: what a request has unless it says otherwise.
package struct RequestDefaults: Sendable, Equatable {
    package enum HTTPVersion: String, Sendable { case http1 = "1.1", http2 = "2", auto }
    package var timeout: TimeSpan = .seconds(60)
    package var connectTimeout: TimeSpan?
    package var headers: [HeaderField] = []
    package var http = HTTPVersion.http1
    package var verifyTLS = true
    /// How long an arrival may wait for a free VU; zero drops it at once, as k6 does.
    package var maxWait: TimeSpan = .seconds(1)
    /// Hops followed.
    package var redirects = 0
    /// A VU keeps its connections.
    package var reuse = true
    package var userAgent: String?
    package var minIterationDuration: TimeSpan = .zero
    /// Bytes of a body kept for checks and captures; the rest is only counted.
    package var maxBody = 1 << 20
    package var unixSocket: String?
    package init() {}
}

package struct HeaderField: Sendable, Equatable {
    package var name: String
    package var value: Template
    package init(name: String, value: Template) {
        self.name = name
        self.value = value
    }
}

/// One entry of `scenarios`: an executor and the flow it runs.
package struct Workload: Sendable, Equatable {
    package var name: String
    /// Name of the flow.
    package var exec: String
    package var executor: Executor
    /// From the start barrier.
    package var startTime: TimeSpan = .zero
    package var gracefulStop: TimeSpan = .seconds(30)
    package var tags: [String: String] = [:]
    package var env: [String: String] = [:]
    /// Overrides `defaults.maxWait`.
    package var maxWait: TimeSpan?

    package init(name: String, exec: String, executor: Executor) {
        self.name = name
        self.exec = exec
        self.executor = executor
    }
}

/// How iterations are started. Other executors of k6 come with the scenario language issue.
package enum Executor: Sendable, Equatable {
    case constantArrivalRate(ConstantArrivalRate)
    case constantVUs(ConstantVUs)

    /// Open model: arrivals exist whether or not the target answers.
    package var isOpenModel: Bool {
        switch self {
        case .constantArrivalRate: true
        case .constantVUs: false
        }
    }

    /// k6's name of it.
    package var name: String {
        switch self {
        case .constantArrivalRate: "constant-arrival-rate"
        case .constantVUs: "constant-vus"
        }
    }

    /// How long it starts iterations.
    package var regularDuration: TimeSpan {
        switch self {
        case .constantArrivalRate(let e): e.duration
        case .constantVUs(let e): e.duration
        }
    }
}

package struct ConstantArrivalRate: Sendable, Equatable {
    /// Iterations per `timeUnit`, over the whole fleet.
    package var rate: Double
    package var timeUnit: TimeSpan = .seconds(1)
    package var duration: TimeSpan
    package var preAllocatedVUs: Int
    package var maxVUs: Int
    /// P = trunc(timeUnit / rate) in ns; arrival g is due at g x P (scenarios.md 4.1). At least 1.
    package var periodNs: Int64 { Int64(Double(timeUnit.ns) / rate) }

    package init(rate: Double, duration: TimeSpan, preAllocatedVUs: Int, maxVUs: Int) {
        self.rate = rate
        self.duration = duration
        self.preAllocatedVUs = preAllocatedVUs
        self.maxVUs = maxVUs
    }
}

package struct ConstantVUs: Sendable, Equatable {
    package var vus: Int
    package var duration: TimeSpan
    package init(vus: Int, duration: TimeSpan) {
        self.vus = vus
        self.duration = duration
    }
}

package enum OnAgentLoss: String, Sendable, CaseIterable { case fail, degrade, rebalance }

/// The `fleet` map (fleet.md section 6).
package struct FleetSettings: Sendable, Equatable {
    package var heartbeat: TimeSpan = .seconds(1)
    /// In heartbeats.
    package var leaseTtlHeartbeats = 5
    package var lostAfterHeartbeats = 15
    package var maxOffline: TimeSpan = .seconds(60)
    package var fenceMargin: TimeSpan = .seconds(5)
    package var minAgentsToStart: Int?
    package var startTimeout: TimeSpan = .seconds(60)
    package var collectTimeout: TimeSpan?
    package var maxUncontrolled: TimeSpan = .seconds(600)
    package var retention: TimeSpan = .seconds(3600)
    package var maxLossFraction = 0.01
    package init() {}
}
