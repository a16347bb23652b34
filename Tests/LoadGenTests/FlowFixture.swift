// Flows for tests, built by hand: a program, its context and one VU, and responses in memory.

import HarnessCore
import LoadGen
import ScenarioModel
import Telemetry

enum FlowFixture {
    static func scenario(
        _ steps: [Step], variables: [String] = [], name: String = "orders",
        change: (inout Scenario) -> Void = { _ in }
    ) -> Scenario {
        let executor = Executor.constantVUs(ConstantVUs(vus: 1, duration: .seconds(1)))
        var scenario = Scenario(
            name: "test", workloads: [Workload(name: name, exec: "main", executor: executor)],
            flows: ["main": Flow(name: "main", steps: steps, variables: variables)])
        change(&scenario)
        return scenario
    }

    static func program(
        _ scenario: Scenario, target: String = "http://t:1", env: [String: String] = [:],
        secrets: [String: String] = [:], log: FlowLog = FlowLog()
    ) throws -> FlowProgram {
        try FlowProgram(
            scenario: scenario, workload: scenario.workloads[0], targetURL: target,
            runID: "run-1", slot: 3, env: env, runTag: "abcdef", secrets: secrets, log: log)
    }

    /// A table with the given rows of texts; `typed` cells are JSON values.
    static func feeder(
        _ name: String, _ pick: Feeder.Pick, columns: [String] = ["id"], rows: [[String]],
        typed: Set<Int> = []
    ) -> Feeder {
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for cell in rows.joined() {
            bytes += Array(cell.utf8)
            ends.append(bytes.count)
        }
        return Feeder(
            name: name, file: "\(name).csv", pick: pick,
            table: FeederTable(columns: columns, bytes: bytes, ends: ends, typed: typed))
    }

    /// GET of a constant url, changed as wanted.
    static func get(
        _ url: String = "/x", _ change: (inout RequestStep) -> Void = { _ in }
    ) -> Step {
        var step = RequestStep(
            id: 0, method: "GET", url: template(url), name: Template(literal: "GET \(url)"))
        change(&step)
        return .request(step)
    }

    /// `a ${=0} b`: `${=n}` stands for the n-th expression given.
    static func template(_ source: String, _ expressions: [Expression] = []) -> Template {
        var parts: [Template.Part] = []
        var rest = source[...]
        while let start = rest.firstRange(of: "${=") {
            if start.lowerBound > rest.startIndex {
                parts.append(.literal(String(rest[..<start.lowerBound])))
            }
            rest = rest[start.upperBound...]
            let end = rest.firstIndex(of: "}") ?? rest.endIndex
            parts.append(.expression(expressions[Int(rest[..<end]) ?? 0]))
            rest = rest[end...].dropFirst()
        }
        if !rest.isEmpty { parts.append(.literal(String(rest))) }
        return Template(source: source, parts: parts)
    }

    static func order(_ model: OrderModel = steady()) -> [Step] {
        [
            .order(model),
            get("") {
                $0.fromOrder = true
                $0.name = template("order ${=0}", [.name(.order(.op))])
                $0.rejects = StatusSet([400...400, 409...409])
            },
        ]
    }

    static func steady(_ change: (inout OrderModel) -> Void = { _ in }) -> OrderModel {
        model(
            .steady,
            [
                (.limit, 55), (.maker, 3), (.ioc, 6), (.fok, 1), (.market, 5), (.cancel, 27),
                (.replace, 2), (.query, 1),
            ], change)
    }

    /// The profiles with their parameters of scenarios.md section 3, in a small world: few accounts
    /// and lanes, so that much happens in few commands.
    static func profile(
        _ profile: OrderModel.Profile, _ change: (inout OrderModel) -> Void = { _ in }
    ) -> OrderModel {
        func scaled(_ factor: UInt64, _ more: [(OrderKind, UInt64)]) -> [(OrderKind, UInt64)] {
            steady().mix.map { ($0.kind, $0.weight * factor) } + more
        }
        let mix: [(OrderKind, UInt64)] =
            switch profile {
            case .steady, .burst, .hot, .avalanche: scaled(1, [])
            case .hft: hft().mix.map { ($0.kind, $0.weight) }
            case .deep:
                [
                    (.limit, 46), (.maker, 3), (.ioc, 1), (.market, 1), (.cancel, 46),
                    (.replace, 2), (.query, 1),
                ]
            case .retry: scaled(48, [(.retry, 100), (.stale, 100)])
            case .poison: scaled(4, [(.bad, 100)])
            }
        return model(profile, mix) {
            $0.accounts = 50
            $0.lanes = 3
            if profile == .deep {
                $0.depth = 200
                $0.aggressive = 0.02
                $0.maxOpen = 80
            }
            if profile == .avalanche { $0.makers = 70 }
            change(&$0)
        }
    }

    static func hft(_ change: (inout OrderModel) -> Void = { _ in }) -> OrderModel {
        model(.hft, [(.limit, 47), (.cancel, 43), (.replace, 6), (.ioc, 4)], change)
    }

    static func model(
        _ profile: OrderModel.Profile, _ mix: [(OrderKind, UInt64)],
        _ change: (inout OrderModel) -> Void = { _ in }
    ) -> OrderModel {
        let symbols = (1...100).map { i in
            let digits = String(i)
            return "A" + String(repeating: "0", count: 4 - digits.count) + digits + "USDT"
        }
        var model = OrderModel(
            profile: profile, symbols: symbols,
            mix: mix.map { OrderModel.MixEntry(kind: $0.0, weight: $0.1) })
        change(&model)
        return model
    }
}

/// One VU of a program, and what it shares.
final class FlowBench {
    let context: FlowContext
    let machine: FlowMachine
    let names = NameTable()
    var iteration: UInt64 = 0

    init(_ program: FlowProgram, vu: UInt64 = 7) {
        context = FlowContext(program: program, names: names)
        machine = FlowMachine(context: context, vu: vu)
    }

    convenience init(
        _ steps: [Step], variables: [String] = [], env: [String: String] = [:],
        change: (inout Scenario) -> Void = { _ in }
    ) throws {
        let scenario = FlowFixture.scenario(steps, variables: variables, change: change)
        self.init(try FlowFixture.program(scenario, env: env))
    }

    func begin(global: UInt64? = nil, isWarmup: Bool = false) {
        machine.begin(
            iteration: iteration, global: global, iterationInTest: global ?? iteration,
            isWarmup: isWarmup)
        iteration += 1
    }

    func complete(
        _ status: Int = 200, body: String = "", headers: String = "", ms: Int64 = 1
    ) -> RequestVerdict {
        complete(status, bytes: Array(body.utf8), headers: headers, ms: ms)
    }

    func complete(
        _ status: Int = 200, bytes: [UInt8], headers: String = "", ms: Int64 = 1
    ) -> RequestVerdict {
        bytes.withUnsafeBytes { body in
            Array(headers.utf8).withUnsafeBytes { lines in
                machine.complete(
                    TransferResponse(
                        status: status, duration: .milliseconds(ms), body: body, headers: lines))
            }
        }
    }

    /// The same for request `position` of a batch.
    func complete(_ status: Int = 200, of position: Int, body: String = "") -> RequestVerdict {
        Array(body.utf8).withUnsafeBytes { bytes in
            machine.complete(
                TransferResponse(
                    status: status, duration: .milliseconds(1), body: bytes,
                    headers: UnsafeRawBufferPointer(start: nil, count: 0)), of: position)
        }
    }

    /// Runs one iteration of requests that all answer the same.
    func run(_ status: Int = 200, body: String = "", headers: String = "") -> FlowAction {
        begin()
        while true {
            let action = machine.next()
            guard action == .request else { return action }
            _ = complete(status, body: body, headers: headers)
        }
    }

    var url: String { String(decoding: machine.request.url, as: UTF8.self) }
    var body: String { String(decoding: machine.request.body, as: UTF8.self) }
    var headers: [String] {
        machine.request.headers.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
    var name: String { names.names[machine.request.nameID] }

    /// Counters drained now, as `text=value`.
    func drained() -> [String: UInt64] {
        var series: [SeriesDelta] = []
        context.drain(into: &series)
        var counts: [String: UInt64] = [:]
        for item in series {
            guard case .counter(let delta, 0) = item.value else { continue }
            counts[item.key.text, default: 0] += delta
        }
        return counts
    }
}

extension FlowFixture {
    /// `$.a[0][*]`: names, indexes and wildcards.
    static func path(_ text: String) -> JSONPath {
        var segments: [JSONPath.Segment] = []
        let separated = text.dropFirst().split { $0 == "." || $0 == "[" }
        for part in separated {
            if part == "*]" {
                segments.append(.wildcard)
            } else if part.hasSuffix("]") {
                segments.append(.index(Int(part.dropLast()) ?? 0))
            } else {
                segments.append(.name(String(part)))
            }
        }
        return JSONPath(text: text, segments: segments)
    }

    static func capture(_ text: String, into variable: Int = 0, keep: Bool = false) -> Capture {
        Capture(variable: variable, source: .json(path(text)), defaultValue: nil, keep: keep)
    }
}
