// Every profile of the order-flow model against the real engine: what the generator sends is what
// engine.md section 2 documents, and gets the answer it documents.

import Foundation
import HarnessCore
import LoadGen
import ScenarioModel
import TestSupport
import Testing

@Suite struct EngineOrderFlowTests {
    private struct Exchange {
        var name: String
        var request: String
        /// `${order.defect}`, or `-`.
        var defect: String
        var status: Int
        var answer: String
    }

    private static let symbols = ["A0001USDT", "A0002USDT", "A0003USDT"]

    private static func model(
        _ profile: OrderModel.Profile, _ mix: [(OrderKind, UInt64)]
    ) -> OrderModel {
        var model = OrderModel(
            profile: profile, symbols: symbols,
            mix: mix.map { OrderModel.MixEntry(kind: $0.0, weight: $0.1) })
        model.accounts = 20
        model.lanes = 2
        return model
    }

    private static let steady: [(OrderKind, UInt64)] = [
        (.limit, 55), (.maker, 3), (.ioc, 6), (.fok, 1), (.market, 5), (.cancel, 27),
        (.replace, 2), (.query, 1),
    ]

    /// Draws an order, sends it, and tells the defect by a second request that is not sent.
    private static func flow(_ model: OrderModel) -> Scenario {
        let op = Template(
            source: "order ${order.op}",
            parts: [.literal("order "), .expression(.name(.order(.op)))])
        var sent = RequestStep(id: 0, method: "GET", url: Template(literal: ""), name: op)
        sent.fromOrder = true
        sent.rejects = StatusSet([400...599])
        var told = RequestStep(
            id: 1, method: "GET", url: Template(literal: "/"), name: Template(literal: "told"))
        told.body = .text(
            Template(
                source: "${order.defect:-none}",
                parts: [.expression(.fallback(.name(.order(.defect)), "-"))]))
        let steps: [Step] = [.order(model), .request(sent), .request(told)]
        let executor = Executor.constantVUs(ConstantVUs(vus: 1, duration: .seconds(1)))
        return Scenario(
            name: "flow", workloads: [Workload(name: "orders", exec: "main", executor: executor)],
            flows: ["main": Flow(name: "main", steps: steps, variables: [])])
    }

    /// Sends the first `count` commands one after the other.
    private static func run(_ model: OrderModel, _ count: Int) throws -> [Exchange] {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/symbols.yaml"
        let rules = symbols.map { symbol in
            "- {symbol: \(symbol), base: \(symbol.dropLast(4)), quote: USDT, tick: \"0.01\", "
                + "step: \"0.001\"}\n"
        }
        try rules.joined().write(toFile: file, atomically: true, encoding: .utf8)
        let engine = try EngineProcess(
            dataDirectory: directory.path + "/data", accounts: 20, ["--symbols", file])
        let scenario = flow(model)
        let program = try FlowProgram(
            scenario: scenario, workload: scenario.workloads[0], targetURL: "", runID: "r",
            slot: 0, env: [:], runTag: "abcdef")
        let names = NameTable()
        let machine = FlowMachine(context: FlowContext(program: program, names: names), vu: 1)
        return (0..<count).map { g in
            machine.begin(
                iteration: UInt64(g), global: UInt64(g), iterationInTest: UInt64(g),
                isWarmup: false)
            guard machine.next() == .request else { fatalError("a flow begins with a request") }
            let text = { (bytes: [UInt8]) in String(decoding: bytes, as: UTF8.self) }
            let request = machine.request
            let lines = request.headers.split(separator: 0).map { text(Array($0)) }
            let account = lines.first { $0.hasPrefix("X-MBX-APIKEY: ") }?.dropFirst(14)
            let answer = engine.client.send(
                request.method.rawValue, text(request.url), account: account.map(String.init),
                json: request.body.isEmpty ? nil : text(request.body))
            var exchange = Exchange(
                name: names.names[request.nameID],
                request: "\(request.method) \(text(request.url)) \(text(request.body))",
                defect: "-", status: answer.status, answer: answer.body)
            Self.complete(machine, answer.status)
            if machine.next() == .request { exchange.defect = text(machine.request.body) }
            Self.complete(machine, 200)
            return exchange
        }
    }

    private static func complete(_ machine: FlowMachine, _ status: Int) {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        _ = machine.complete(
            TransferResponse(
                status: status, duration: .zero, body: nothing, headers: nothing))
    }

    /// Codes an ordinary command may be refused with, the market being what it is.
    private static let refusals = [
        "order new": [-2010], "order cancel": [-2011], "order query": [-2013],
        "order replace": [-2021, -2022],
    ]

    private func expectOrdinary(_ e: Exchange, _ source: SourceLocation = #_sourceLocation) {
        let refused = Self.refusals[e.name] ?? []
        let isDocumented =
            e.status == 200
            || [400, 409].contains(e.status)
                && refused.contains { e.answer.contains("\"code\":\($0),") }
        #expect(isDocumented, "\(e)", sourceLocation: source)
    }

    @Test(arguments: [OrderModel.Profile.steady, .burst, .hot, .hft])
    func ordinaryFlows(profile: OrderModel.Profile) throws {
        let hft: [(OrderKind, UInt64)] = [(.limit, 47), (.cancel, 43), (.replace, 6), (.ioc, 4)]
        let all = try Self.run(Self.model(profile, profile == .hft ? hft : Self.steady), 400)
        for exchange in all { expectOrdinary(exchange) }
        #expect(all.count { $0.status == 200 } > 280)
        #expect(all.contains { $0.name == "order replace" && $0.status == 200 })
    }

    /// A retry of what was accepted is answered again, and says so; a cancel that comes again meets
    /// nothing.
    @Test func retries() throws {
        let mix = Self.steady.map { ($0.0, $0.1 * 48) } + [(.retry, 600), (.stale, 600)]
        let all = try Self.run(Self.model(.retry, mix), 300)
        var first: [String: Exchange] = [:]
        var duplicates = 0
        var stales = 0
        for exchange in all {
            switch (exchange.name, first[exchange.request]) {
            case ("order retry", let original):
                let original = try #require(original, "\(exchange)")
                // A rejected order holds no id: its retry is an order of its own.
                guard original.status == 200 else { continue }
                duplicates += 1
                #expect(exchange.status == 200 && exchange.answer.contains("\"duplicate\":true"))
                let id = original.answer.firstMatch(of: /"orderId":[0-9]+/)?.output
                #expect(id.map { exchange.answer.contains($0 + ",") } == true, "\(exchange)")
            case ("order cancel", .some):
                stales += 1
                #expect(exchange.status == 400 && exchange.answer.contains("\"code\":-2011,"))
            default: expectOrdinary(exchange)
            }
            if first[exchange.request] == nil { first[exchange.request] = exchange }
        }
        #expect(duplicates > 10 && stales > 10)
    }

    /// defect -> the code that engine.md documents.
    @Test func defects() throws {
        let codes = [
            "unknownSymbol": -1121, "badPrecision": -1111, "zeroQty": -1013,
            "negativePrice": -1100, "tooSmall": -1013, "badSide": -1117, "missingPrice": -1102,
            "malformedBody": -1135,
        ]
        let mix = Self.steady.map { ($0.0, $0.1 * 4) } + [(.bad, 400)]
        let all = try Self.run(Self.model(.poison, mix), 200)
        var seen: Set<String> = []
        for exchange in all {
            guard exchange.name == "order bad" else {
                expectOrdinary(exchange)
                continue
            }
            seen.insert(exchange.defect)
            let code = try #require(codes[exchange.defect], "\(exchange)")
            #expect(exchange.status == 400, "\(exchange)")
            #expect(exchange.answer.contains("\"code\":\(code),"), "\(exchange)")
        }
        #expect(seen == Set(codes.keys))
    }

    /// Its first commands all rest.
    @Test func deep() throws {
        var model = Self.model(.deep, [(.limit, 46), (.cancel, 46), (.ioc, 1), (.query, 1)])
        model.depth = 150
        model.aggressive = 0.02
        let all = try Self.run(model, 300)
        for exchange in all.prefix(150) {
            #expect(exchange.status == 200 && exchange.answer.contains("\"status\":\"NEW\""))
        }
        for exchange in all.dropFirst(150) { expectOrdinary(exchange) }
    }

    /// One order sweeps all that were laid down before it.
    @Test func avalanche() throws {
        var model = Self.model(.avalanche, [])
        model.makers = 120
        let all = try Self.run(model, 242)
        for (g, exchange) in all.enumerated() {
            let isLast = g % 121 == 120
            let status = isLast ? "FILLED" : "NEW"
            #expect(exchange.status == 200 && exchange.answer.contains("\"status\":\"\(status)\""))
            let executed = isLast ? "0.120" : "0.000"
            #expect(exchange.answer.contains("\"executedQty\":\"\(executed)\""), "\(exchange)")
        }
    }
}
