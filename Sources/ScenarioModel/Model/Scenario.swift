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
    /// `setup` and `teardown` among them, where the document has them.
    package var flows: [String: Flow]
    package var thresholds: [Threshold] = []
    package var criteria: [Criterion] = []
    package var observe: [ObserveSource] = []
    package var health = HealthOverrides()
    package var steady = SteadyMode.require
    package var summaryTrendStats: [TrendStatistic] = TrendStatistic.defaults
    package var fleet = FleetSettings()
    package var onAgentLoss = OnAgentLoss.degrade
    /// `data`, in name order; templates refer to them by position.
    package var feeders: [Feeder] = []
    /// Metrics of `metric` steps, in name order; steps refer to them by position.
    package var customMetrics: [CustomMetric] = []
    /// `${secret.X}` of the flows, sorted: what every agent must have.
    package var secretNames: [String] = []
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
    /// Address or interface that connections go out from.
    package var localAddress: String?
    /// How long a resolved name is believed; zero resolves for each connect.
    package var dnsTtl: TimeSpan = .seconds(60)
    /// Asks for gzip, deflate and br, and inflates.
    package var compression = false
    /// Files of `tls`, relative to the scenario's folder; their bytes are among its files.
    package var tlsCA: String?
    package var tlsCertificate: String?
    package var tlsKey: String?
    /// The bytes of these files, PEM; read with the document, or shipped beside it.
    package var tlsFiles = TLSFiles()
    package init() {}
}

/// What the files of `defaults.tls` hold; nil where the document names none.
package struct TLSFiles: Sendable, Equatable {
    package var ca: [UInt8]?
    package var certificate: [UInt8]?
    package var key: [UInt8]?
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
    /// The document names the flow; `plan` repeats it then, as k6 does.
    package var isExecGiven = false
    package var executor: Executor
    /// From the start barrier.
    package var startTime: TimeSpan = .zero
    package var gracefulStop: TimeSpan = .seconds(30)
    package var tags: [String: String] = [:]
    package var env: [String: String] = [:]
    /// Overrides `defaults.maxWait`.
    package var maxWait: TimeSpan?
    package var transport = Transport.auto

    package enum Transport: String, Sendable, CaseIterable { case auto, direct, multi }

    package init(name: String, exec: String, executor: Executor) {
        self.name = name
        self.exec = exec
        self.executor = executor
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
