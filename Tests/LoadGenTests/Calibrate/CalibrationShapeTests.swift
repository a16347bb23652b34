// What a scenario becomes when it is calibrated, and the peak that is compared with the result.

import Foundation
import HarnessCore
import LoadGen
import ScenarioModel
import TestSupport
import Testing

@Suite struct CalibrationShapeTests {
    private static func load(_ yaml: String) throws -> Scenario {
        try ScenarioLoader.load(text: yaml, file: "s.yaml", options: LoadOptions()).scenario
    }

    private static let shop = """
        name: shop
        target: http://shop.example:8080
        defaults: { minIterationDuration: 1s, timeout: 60s, localAddress: 127.0.0.2 }
        scenarios:
          buyers: { executor: constant-arrival-rate, exec: buy, rate: 300, duration: 10s,
                    preAllocatedVUs: 10, maxVUs: 500, startTime: 5s }
          readers: { executor: ramping-arrival-rate, exec: read, startRate: 0, stages:
                     [{ duration: 10s, target: 200 }], preAllocatedVUs: 10, maxVUs: 20 }
          loopers: { executor: constant-vus, exec: read, vus: 52, duration: 10s }
        flows:
          buy:
            - post: { url: "https://pay.example/orders?a=1", json: { id: "${iterationInTest}" },
                      capture: { id: $.id } }
            - think: 3s
            - group: { name: g, steps: [ { think: 1s }, { get: "/orders/${id}" } ] }
          read:
            - choose:
                - { weight: 1, steps: [ { get: /a }, { get: /b }, { get: /c } ] }
                - { weight: 3, steps: [ { get: /d } ] }
        """

    private static func rates(_ scenario: Scenario) -> [String: Double] {
        scenario.workloads.reduce(into: [:]) { rates, workload in
            if case .constantArrivalRate(let e) = workload.executor {
                rates[workload.name] = e.rate
            }
        }
    }

    @Test func workloadsShareTheRate() throws {
        let shape = try CalibrationShape(Self.load(Self.shop))
        let step = shape.scenario(rate: 4_000, length: .seconds(3), unixSocket: nil)
        let rates = Self.rates(step)
        #expect(rates.count == 3)
        #expect(abs(rates.values.reduce(0, +) - 4_000) < 1e-6)
        // Means 300/s and 100/s on 520 VUs; 52 looping VUs take a tenth of that: 40.
        let share = 4_000.0 / 440
        #expect(abs((rates["buyers"] ?? 0) - 300 * share) < 1e-6)
        #expect(abs((rates["readers"] ?? 0) - 100 * share) < 1e-6)
        #expect(abs((rates["loopers"] ?? 0) - 40 * share) < 1e-6)
        #expect(step.workloads.allSatisfy { $0.startTime == .zero })
        let vus = step.workloads.map(\.executor.maxVUs).sorted()
        #expect(vus == [64, 64, 500])
    }

    @Test func nothingWaitsEndsEarlyOrLeadsElsewhere() throws {
        let shape = try CalibrationShape(Self.load(Self.shop))
        let step = shape.scenario(rate: 1_000, length: .seconds(3), unixSocket: "/tmp/x")
        #expect(step.target == nil)
        #expect(step.warmup == .seconds(1))
        #expect(step.defaults.unixSocket == "/tmp/x")
        #expect(step.defaults.localAddress == nil)
        #expect(step.defaults.minIterationDuration == .zero)
        let steps = step.flows.values.flatMap(\.allSteps)
        let requests = steps.compactMap { step in
            if case .request(let request) = step { request } else { nil }
        }
        #expect(!steps.contains { if case .think = $0 { true } else { false } })
        #expect(requests.count == 6)
        #expect(requests.allSatisfy { $0.onFail == .continue })
        #expect(requests.flatMap(\.captures).allSatisfy { $0.defaultValue == "1" })
        for request in requests {
            guard case .literal(let text)? = request.url.parts.first else {
                Issue.record("\(request.url) begins with a template")
                continue
            }
            #expect(text.hasPrefix("/"), "\(text)")
        }
        #expect(shape.remarks.contains("thinks are left out"))
        #expect(shape.remarks.contains("urls keep their path only"))
        #expect(shape.remarks.contains("closed models are run at a constant arrival rate"))
    }

    @Test(arguments: [
        ("/a", "/a"), ("http://h/a?b", "/a?b"), ("HTTPS://h:1/a", "/a"), ("http://h", "/"),
        ("http://${env.H}/a/${vu}", "/a/"), ("http://${env.H}:8/a", "/a"), ("${env.U}/a", "/a"),
        ("${env.U}", "/"), ("http://h?b", "/"),
    ])
    func urlsKeepTheirPath(url: String, first: String) throws {
        let scenario = try ScenarioLoader.load(
            text: """
                name: s
                target: http://127.0.0.1
                scenarios: { w: { executor: constant-vus, exec: f, vus: 1, duration: 1s } }
                flows: { f: [ { get: { name: n, url: "\(url)" } } ] }
                """, file: "s.yaml",
            options: {
                var options = LoadOptions()
                options.variables = ["H": "h", "U": "http://h"]
                return options
            }()
        ).scenario
        let step = try CalibrationShape(scenario).scenario(
            rate: 1, length: .seconds(1), unixSocket: nil)
        guard case .request(let request)? = step.flows["f"]?.steps.first,
            case .literal(let text)? = request.url.parts.first
        else {
            Issue.record("no request")
            return
        }
        #expect(text == first)
    }

    @Test func theDigestFollowsTheCostNotTheRate() throws {
        func sha(_ change: (String) -> String) throws -> String {
            try CalibrationShape(Self.load(change(Self.shop))).sha256
        }
        let own = try sha { $0 }
        #expect(try sha { $0 } == own)
        #expect(try sha { $0.replacingOccurrences(of: "think: 3s", with: "think: 4s") } == own)
        #expect(
            try sha { $0.replacingOccurrences(of: "duration: 10s", with: "duration: 20s") } == own)
        #expect(try sha { $0.replacingOccurrences(of: "/d }", with: "/e }") } != own)
        #expect(try sha { $0.replacingOccurrences(of: "weight: 3", with: "weight: 4") } != own)
        #expect(try sha { $0.replacingOccurrences(of: "rate: 300", with: "rate: 3000") } != own)
    }

    @Test func http2IsRefused() throws {
        let scenario = try Self.load(
            Self.shop.replacingOccurrences(of: "timeout: 60s", with: "http: \"2\""))
        do {
            _ = try CalibrationShape(scenario)
            Issue.record("taken")
        } catch {
            #expect(error.code == .badConfiguration)
            #expect(error.message.contains("HTTP/1.1 only"), "\(error.message)")
        }
    }

    @Test func thePeakIsThatOfTheSum() throws {
        let peak = try #require(PlannedPeak(Self.load(Self.shop)))
        // Readers reach 200/s at 10 s, while buyers (5 s to 15 s) bring 300/s.
        #expect(abs(peak.arrivals - 500) < 1e-3)
        // A buyer makes 2 requests, a reader 1.5 on average.
        #expect(abs(peak.requests - 900) < 1e-3)
        #expect(peak.hasClosedModel)
    }

    @Test func jumpsCountAtTheirHigherSide() throws {
        let peak = try #require(
            PlannedPeak(
                Self.load(
                    """
                    name: s
                    target: http://127.0.0.1
                    scenarios:
                      w: { executor: ramping-arrival-rate, exec: f, startRate: 10, maxVUs: 5,
                           preAllocatedVUs: 5, timeUnit: 2s, stages: [{ duration: 5s, target: 10 },
                           { duration: 0s, target: 1000 }, { duration: 5s, target: 0 }] }
                    flows: { f: [ { repeat: { times: 3, steps: [ { get: / } ] } } ] }
                    """)))
        #expect(abs(peak.arrivals - 500) < 1e-3)
        #expect(abs(peak.requests - 1_500) < 1e-2)
        #expect(!peak.hasClosedModel)
    }

    @Test func aClosedModelPlansNoPeak() throws {
        let scenario = try Self.load(
            """
            name: s
            target: http://127.0.0.1
            scenarios: { w: { executor: constant-vus, exec: f, vus: 1, duration: 1s } }
            flows: { f: [ { get: / } ] }
            """)
        #expect(PlannedPeak(scenario) == nil)
    }
}
