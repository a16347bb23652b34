// The scenarios in scenarios/ load, and what agents get decodes to the same scenario.

import Foundation
import HarnessCore
import ScenarioModel
import Testing

@Suite struct ShippedScenarioTests {
    static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("scenarios")
    /// Every file there is: what is added is tested.
    static let names = {
        // Losing the error is right: `thereAreScenarios` tells of an empty list.
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }()
    /// These are about a service of the user's own.
    static let withoutEngine: Set = ["rest", "journey"]

    static func load(
        _ name: String, _ options: LoadOptions = LoadOptions()
    ) throws -> LoadedScenario {
        try ScenarioLoader.load(
            path: folder.appendingPathComponent("\(name).yaml").path, options: options)
    }

    /// Thresholds, criteria and sources know their line; the effective document has other lines.
    static func unplaced(_ scenario: Scenario) -> Scenario {
        var scenario = scenario
        let nowhere = SourcePosition(file: "", line: 1, column: 1)
        for position in scenario.thresholds.indices {
            scenario.thresholds[position].source = nowhere
        }
        for position in scenario.criteria.indices { scenario.criteria[position].source = nowhere }
        for position in scenario.observe.indices { scenario.observe[position].source = nowhere }
        return scenario
    }

    @Test func thereAreScenarios() {
        #expect(Self.names.count >= 17 && Self.withoutEngine.isSubset(of: Self.names))
    }

    @Test(arguments: names)
    func loads(name: String) throws {
        let loaded = try Self.load(name)
        #expect(loaded.scenario.name == name)
        #expect(loaded.warnings.isEmpty && loaded.usedEnv.isEmpty)
        #expect((loaded.scenario.engine == nil) == Self.withoutEngine.contains(name))
        #expect((loaded.scenario.target == nil) == (loaded.scenario.engine != nil))
        let files = Dictionary(uniqueKeysWithValues: loaded.files.map { ($0.path, $0.bytes) })
        let again = try ScenarioLoader.decodeEffective(yaml: loaded.effectiveYAML, files: files)
        #expect(Self.unplaced(again) == Self.unplaced(loaded.scenario))
    }

    @Test func demo() throws {
        let scenario = try Self.load("spot-5000").scenario
        let workload = try #require(scenario.workloads.first)
        guard case .constantArrivalRate(let executor) = workload.executor else {
            Issue.record("\(workload)")
            return
        }
        #expect(executor.rate == 5_200 && executor.duration.seconds == 20)
        #expect(executor.preAllocatedVUs == 200 && executor.maxVUs == 600)
        #expect(executor.periodNs == 192_307)
        #expect(
            scenario.thresholds.map(\.expression)
                == ["rate>=5000", "p(95)<100", "p(99)<200", "rate<0.0001"])
        let flow = try #require(scenario.flows["trade"])
        guard case .order(let model) = flow.steps[0], case .request(let request) = flow.steps[1]
        else {
            Issue.record("\(flow)")
            return
        }
        #expect(model.symbols.count == 100 && model.symbols[99] == "A0100USDT")
        #expect(model.accounts == 1_000 && model.mix.map(\.weight).reduce(0, +) == 100)
        #expect(request.fromOrder && request.name.source == "order ${order.op}")
        #expect(request.rejects.contains(409) && !request.rejects.contains(404))
    }

    /// The plan's seven, as documented; a smaller rate with its limit is no reason to warn.
    @Test(arguments: [[:], ["RATE": "500", "TPS": "475", "DURATION": "2m"]])
    func criteria(variables: [String: String]) throws {
        var options = LoadOptions()
        options.variables = variables
        let loaded = try Self.load("spot-criteria", options)
        #expect(loaded.warnings.isEmpty)
        let criteria = loaded.scenario.criteria
        #expect(
            criteria.map(\.name) == ["tps", "p95", "p99", "errors", "cpu", "memory", "db pool"])
        #expect(criteria.map(\.isGated) == [true, true, true, true, false, true, true])
        #expect(loaded.scenario.observe.map(\.metrics.count) == [6])
    }

    /// What starters have commented out is right when it is not.
    @Test(arguments: ["orders", "rest"]) func startersWithCriteria(name: String) throws {
        let text = try #require(StarterScenario.named(name)).text
        let begin = try #require(text.range(of: "# criteria:")).lowerBound
        let block = text[begin...].split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("# ") ? $0.dropFirst(2) : $0 }
        let loaded = try ScenarioLoader.load(
            text: text[..<begin] + block.joined(separator: "\n"), file: "scenario.yaml",
            options: LoadOptions())
        #expect(loaded.scenario.criteria.count == (name == "orders" ? 3 : 2))
        #expect(loaded.warnings.isEmpty)
    }

    @Test func cancelHeavy() throws {
        let flow = try #require(try Self.load("cancel-heavy").scenario.flows["quote"])
        guard case .order(let model) = flow.steps[0] else {
            Issue.record("\(flow)")
            return
        }
        #expect(
            model.profile == .hft && model.mix.map(\.kind) == [.limit, .cancel, .replace, .ioc])
    }

    @Test func variablesAndOverrides() throws {
        var options = LoadOptions()
        options.variables = ["RATE": "100"]
        options.environment = ["RATE": "7", "TARGET": "http://env:1"]
        options.sets = [
            ("thresholds", "{}"), ("defaults.timeout", "9s"), ("flows.trade[0].order.symbols", "3"),
            ("flows.trade.0.order.accounts", "7"),
        ]
        options.seed = .max
        options.tags = ["team": "${x}"]
        let loaded = try Self.load("spot-5000", options)
        #expect(loaded.scenario.target == "http://env:1" && loaded.scenario.seed == .max)
        #expect(loaded.scenario.thresholds.isEmpty)
        #expect(loaded.scenario.defaults.timeout.seconds == 9)
        let model = try #require(loaded.scenario.flows["trade"]?.orderModels.first)
        #expect(model.symbols.count == 3 && model.accounts == 7)
        #expect(loaded.scenario.tags == ["team": "${x}"])
        let again = try ScenarioLoader.decodeEffective(yaml: loaded.effectiveYAML)
        #expect(Self.unplaced(again) == Self.unplaced(loaded.scenario))
        guard case .constantArrivalRate(let executor) = again.workloads[0].executor else {
            Issue.record("\(again)")
            return
        }
        #expect(executor.rate == 100)
    }
}
