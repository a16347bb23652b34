// What a calibration is valid for: the machine, the build, and how requests travel. Another value
// in any of these is another ceiling.

package import HarnessCore
package import ScenarioModel

package struct CalibrationKey: Sendable, Codable, Equatable {
    /// `model name` of /proc/cpuinfo; the architecture where it has none.
    package var cpu: String
    /// Cores an agent may use.
    package var cores: Int
    /// Of spotload.
    package var version: String
    /// `release` or `debug`: a debug build is another generator.
    package var build: String
    /// `multi`, `direct`; of several workloads all that are used: `direct+multi`.
    package var lane: String
    package var tls: Bool
    /// Whether VUs keep their connections.
    package var reuse: Bool
    /// `tcp` or `unix`.
    package var socket: String
    /// Agents on this machine at the same time, and worker threads of each.
    package var agents: Int
    package var workers: Int
    /// Bytes of a request and its answer together, in classes.
    package var bodyClass: BodyClass

    package enum BodyClass: String, Sendable, Codable, CaseIterable {
        case to2KiB = "<=2KiB"
        case to16KiB = "<=16KiB"
        case to128KiB = "<=128KiB"
        case to1MiB = "<=1MiB"
        case beyond = ">1MiB"

        /// - Parameter bytes: sent and received per request, heads included.
        package init(bytes: Double) {
            switch bytes {
            case ...2_048: self = .to2KiB
            case ...16_384: self = .to16KiB
            case ...131_072: self = .to128KiB
            case ...1_048_576: self = .to1MiB
            default: self = .beyond
            }
        }
    }

    package init(
        machine: MachineIdentity, transport: CalibratedTransport, agents: Int, workers: Int,
        bodyClass: BodyClass
    ) {
        cpu = machine.cpu
        cores = machine.cores
        version = machine.version
        build = machine.build
        lane = transport.lane
        tls = transport.tls
        reuse = transport.reuse
        socket = transport.socket
        self.agents = agents
        self.workers = workers
        self.bodyClass = bodyClass
    }
}

/// How a scenario's requests travel.
package struct CalibratedTransport: Sendable, Equatable {
    package var lane: String
    package var tls: Bool
    package var reuse: Bool
    package var socket: String

    /// - Parameter target: base URL; nil: the bundled engine.
    package init(_ scenario: Scenario, target: String?) {
        lane = Self.lane(scenario)
        tls = target.map { $0.lowercased().hasPrefix("https://") } ?? false
        reuse = scenario.defaults.reuse
        socket = scenario.defaults.unixSocket == nil ? "tcp" : "unix"
    }

    private static func lane(_ scenario: Scenario) -> String {
        Set(scenario.workloads.map { scenario.lane(of: $0).rawValue }).sorted()
            .joined(separator: "+")
    }
}
