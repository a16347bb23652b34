// A scenario as `spotload calibrate` runs it: the same flows, templates, checks, captures, order
// model and VUs at a constant arrival rate, with nothing in it that waits, ends early or leads
// elsewhere than to the null server.
//
// Changed: executors become constant arrival rates that share the rate in proportion; thinks are
// left out; a request that fails does not end its iteration, a capture that finds nothing is "1",
// because the null server's answers are not the target's; urls keep their path only; secrets are
// words. The cost of an arrival stays what it is.

package import HarnessCore
package import ScenarioModel

package struct CalibrationShape: Sendable {
    package let name: String
    /// Of flows, shares and headers: two scenarios of one digest cost the same per arrival.
    package let sha256: String
    /// What the shape did not keep, for people.
    package let remarks: [String]
    /// Values for `${secret.X}`.
    package let secrets: [String: String]
    /// Values for captures of `setup`, where it fails against the null server.
    package let setupCaptures: [String: SetupValue]
    private let base: Scenario
    private let shares: [Double]

    /// VUs of a workload at least: with fewer its own pool would be measured, not the generator.
    private static let vusMin = 64
    private static let gracefulStop = TimeSpan.seconds(2)
    /// The null server never keeps anyone waiting: what hangs is cut off soon.
    private static let timeoutMax = TimeSpan.seconds(10)

    /// - Throws: `CommandFailure` 104 where the scenario speaks what the null server does not.
    package init(_ scenario: Scenario) throws(CommandFailure) {
        try Self.check(scenario)
        name = scenario.name
        secrets = Dictionary(
            scenario.secretNames.map { ($0, "calibration-secret") }, uniquingKeysWith: { $1 })
        setupCaptures = Dictionary(
            (scenario.flows["setup"]?.variables ?? []).map {
                ($0, SetupValue(kind: .text, text: "1"))
            }, uniquingKeysWith: { $1 })
        var rewriting = ShapeRewriting()
        base = rewriting.scenario(scenario)
        shares = Self.shares(scenario.workloads)
        remarks = rewriting.remarks + Self.remarks(scenario)
        sha256 = Self.digest(base, shares: shares)
    }

    /// One step: `rate` arrivals/s over all agents and workloads for `length`.
    /// - Parameter unixSocket: of the null server, where the scenario's target has one.
    package func scenario(rate: Double, length: TimeSpan, unixSocket: String?) -> Scenario {
        var scenario = base
        scenario.warmup = Self.warmup(length)
        scenario.defaults.unixSocket = unixSocket
        for (i, share) in shares.enumerated() {
            let vus = max(Self.vusMin, base.workloads[i].executor.maxVUs)
            scenario.workloads[i].executor = .constantArrivalRate(
                ConstantArrivalRate(
                    rate: rate * share, duration: length, preAllocatedVUs: vus, maxVUs: vus))
        }
        return scenario
    }

    /// Connects belong to no rate: the first second of a step is not judged, where it has three.
    package static func warmup(_ length: TimeSpan) -> TimeSpan {
        length >= .seconds(3) ? .seconds(1) : .zero
    }

    /// Whether connections are over a Unix socket.
    package var usesUnixSocket: Bool { base.defaults.unixSocket != nil }

    private static func check(_ scenario: Scenario) throws(CommandFailure) {
        guard scenario.defaults.http != .http2 else {
            throw CommandFailure(
                .badConfiguration,
                "calibrate: defaults.http is \"2\" and the null server speaks HTTP/1.1 only; "
                    + "calibrate the scenario with --set defaults.http=\"1.1\" as an upper bound")
        }
    }

    /// Open models share by their mean rates; closed ones, whose rate the target decides, take as
    /// much per VU as the open ones do.
    private static func shares(_ workloads: [Workload]) -> [Double] {
        let open = workloads.filter(\.executor.isOpenModel)
        let openRate = open.reduce(0) { $0 + meanRate($1.executor) }
        let openVUs = open.reduce(0) { $0 + $1.executor.maxVUs }
        let perVU = openRate > 0 && openVUs > 0 ? openRate / Double(openVUs) : 1
        let weights = workloads.map { workload in
            let executor = workload.executor
            let weight =
                executor.isOpenModel
                ? meanRate(executor) : perVU * Double(max(1, executor.maxVUs))
            return max(weight, .leastNormalMagnitude)
        }
        let sum = weights.reduce(0, +)
        return weights.map { max($0 / sum, 1e-6) }
    }

    private static func meanRate(_ executor: Executor) -> Double {
        let seconds = executor.regularDuration.seconds
        guard seconds > 0 else { return 0 }
        return executor.meanArrivals(before: executor.regularDuration) / seconds
    }

    private static func remarks(_ scenario: Scenario) -> [String] {
        var remarks: [String] = []
        if scenario.workloads.contains(where: { !$0.executor.isOpenModel }) {
            remarks.append("closed models are run at a constant arrival rate")
        }
        if scenario.defaults.compression {
            remarks.append("the null server does not compress: inflating is not in the figures")
        }
        if scenario.defaults.localAddress != nil {
            remarks.append("defaults.localAddress is left out: the null server is on loopback")
        }
        return remarks
    }

    /// Tags and positions of requests do not change what an arrival costs.
    private static func digest(_ scenario: Scenario, shares: [Double]) -> String {
        var text = ""
        for (workload, share) in zip(scenario.workloads, shares) {
            text += "\(workload.exec) \((share * 1e6).rounded()) \(workload.transport)\n"
            if let flow = scenario.flows[workload.exec] {
                text +=
                    flow.rewritten { step in
                        if case .metric(var metric) = step {
                            metric.tags = [:]
                            return .metric(metric)
                        }
                        return step
                    } request: { request in
                        request.tags = [:]
                        request.id = 0
                    }.shapeText
            }
        }
        let defaults = scenario.defaults
        text += "\(defaults.headers) \(defaults.compression) \(defaults.maxBody)"
        return Sha256.hex(Array(text.utf8))
    }

    /// What a step's scenario is made from, by the rules at the head of this file.
    fileprivate struct ShapeRewriting {
        var remarks: [String] = []
        private var thinks = 0
        private var urls = 0

        mutating func scenario(_ given: Scenario) -> Scenario {
            var scenario = given
            scenario.target = nil
            scenario.engine = nil
            scenario.observe = []
            scenario.defaults.minIterationDuration = .zero
            scenario.defaults.verifyTLS = false
            scenario.defaults.localAddress = nil
            scenario.defaults.tlsCA = nil
            scenario.defaults.tlsCertificate = nil
            scenario.defaults.tlsKey = nil
            scenario.defaults.tlsFiles = TLSFiles()
            scenario.defaults.timeout = min(scenario.defaults.timeout, timeoutMax)
            scenario.setupTimeout = min(scenario.setupTimeout, timeoutMax)
            for i in scenario.workloads.indices {
                scenario.workloads[i].startTime = .zero
                scenario.workloads[i].gracefulStop = gracefulStop
            }
            for (name, flow) in scenario.flows { scenario.flows[name] = self.flow(flow) }
            if thinks > 0 { remarks.append("thinks are left out") }
            if urls > 0 { remarks.append("urls keep their path only") }
            return scenario
        }

        private mutating func flow(_ flow: Flow) -> Flow {
            var (thinks, urls) = (0, 0)
            let changed = flow.rewritten { step in
                guard case .think = step else { return step }
                thinks += 1
                return nil
            } request: { request in
                request.onFail = .continue
                if let timeout = request.timeout { request.timeout = min(timeout, timeoutMax) }
                for i in request.captures.indices where request.captures[i].defaultValue == nil {
                    request.captures[i].defaultValue = "1"
                }
                guard let path = request.url.pathOnly else { return }
                request.url = path
                urls += 1
            }
            self.thinks += thinks
            self.urls += urls
            return changed
        }
    }
}

extension Flow {
    /// The flow with each of its steps changed, those inside others too; nil leaves a step out.
    func rewritten(
        step: (Step) -> Step?, request: (inout RequestStep) -> Void
    ) -> Flow {
        var flow = self
        flow.steps = steps.rewritten(step: step, request: request)
        return flow
    }

    /// The same text for the same flow, in one version of spotload.
    var shapeText: String { String(describing: self) }
}

extension [Step] {
    fileprivate func rewritten(
        step: (Step) -> Step?, request: (inout RequestStep) -> Void
    ) -> [Step] {
        func nested(_ steps: [Step]) -> [Step] { steps.rewritten(step: step, request: request) }
        func changed(_ given: RequestStep) -> RequestStep {
            var own = given
            request(&own)
            return own
        }
        return compactMap { step($0) }.map { item in
            switch item {
            case .request(let own): .request(changed(own))
            case .parallel(let limit, let requests):
                .parallel(limit: limit, requests: requests.map(changed))
            case .choose(let choices):
                .choose(
                    choices.map { Step.Choice(weight: $0.weight, steps: nested($0.steps)) })
            case .group(let name, let steps): .group(name: name, steps: nested(steps))
            case .branch(let condition, let then, let otherwise):
                .branch(if: condition, then: nested(then), else: nested(otherwise))
            case .repeatTimes(let n, let steps): .repeatTimes(n, steps: nested(steps))
            case .repeatWhile(let condition, let max, let steps):
                .repeatWhile(condition, max: max, steps: nested(steps))
            case .think, .order, .metric, .fail, .log: item
            }
        }
    }
}

extension Template {
    /// The url without scheme and authority; nil where it is relative to the target already. What
    /// begins with a template may lead anywhere: its beginning is taken out.
    var pathOnly: Template? {
        guard let first = parts.first else { return nil }
        guard case .literal(let text) = first else {
            return afterAuthority(Array(parts.dropFirst()))
        }
        let lower = text.prefix(8).lowercased()
        guard let scheme = ["http://", "https://"].first(where: lower.hasPrefix) else {
            return nil
        }
        return afterAuthority(
            [.literal(String(text.dropFirst(scheme.count)))] + parts.dropFirst())
    }

    private func afterAuthority(_ rest: [Part]) -> Template {
        for (i, part) in rest.enumerated() {
            guard case .literal(let text) = part, let slash = text.firstIndex(of: "/") else {
                continue
            }
            let path = [Part.literal(String(text[slash...]))] + rest[(i + 1)...]
            return Template(source: source, parts: path)
        }
        return Template(source: source, parts: [.literal("/")])
    }
}
