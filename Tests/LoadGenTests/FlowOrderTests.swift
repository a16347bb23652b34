import HarnessCore
import LoadGen
import ScenarioModel
import Testing

/// The order-flow model: known answers of scenarios.md section 9, seed 1, scenario `orders`, and
/// what must hold of any flow.
@Suite struct FlowOrderTests {
    /// `METHOD url account body` of one arrival.
    private func sent(_ bench: FlowBench, _ global: UInt64) -> String {
        bench.begin(global: global)
        guard bench.machine.next() == .request else { return "nothing" }
        let account = bench.headers.first { $0.hasPrefix("X-MBX-APIKEY: ") } ?? ""
        let text =
            "\(bench.machine.request.method.rawValue) \(bench.url.dropFirst(10)) "
            + "\(account.dropFirst(14)) \(bench.body)"
        _ = bench.complete()
        return text
    }

    private func order(
        _ symbol: Int, _ side: String, _ type: String, _ qty: String, _ id: String
    ) -> String {
        let digits = String(symbol)
        let name = "A" + String(repeating: "0", count: 4 - digits.count) + digits + "USDT"
        return "{\"symbol\":\"\(name)\",\"side\":\"\(side)\",\(type),\"quantity\":\"\(qty)\","
            + "\(id),\"newOrderRespType\":\"RESULT\"}"
    }

    /// Lane 0, position k is arrival 64 k. Prices in ticks of 0.01, lots of 0.001.
    @Test func knownAnswersOfLaneZero() throws {
        let bench = try FlowBench(FlowFixture.order())
        let lane = (0...15).map { sent(bench, $0 * 64) }
        #expect(
            lane[0] == "POST /api/v3/order u37 {\"symbol\":\"A0080USDT\",\"side\":\"SELL\","
                + "\"type\":\"LIMIT\",\"timeInForce\":\"GTC\",\"quantity\":\"0.002\","
                + "\"price\":\"100.04\",\"newClientOrderId\":\"abcdef0.0.0\","
                + "\"newOrderRespType\":\"RESULT\"}")
        #expect(
            lane[1] == "POST /api/v3/order u32 {\"symbol\":\"A0002USDT\",\"side\":\"BUY\","
                + "\"type\":\"MARKET\",\"quantity\":\"0.036\","
                + "\"newClientOrderId\":\"abcdef0.0.1\",\"newOrderRespType\":\"RESULT\"}")
        #expect(
            lane[8] == "POST /api/v3/order u4593 {\"symbol\":\"A0016USDT\",\"side\":\"BUY\","
                + "\"type\":\"LIMIT\",\"timeInForce\":\"IOC\",\"quantity\":\"0.008\","
                + "\"price\":\"100.02\",\"newClientOrderId\":\"abcdef0.0.8\","
                + "\"newOrderRespType\":\"RESULT\"}")
        #expect(
            lane[9] == "POST /api/v3/order/cancelReplace u37 {\"symbol\":\"A0080USDT\","
                + "\"side\":\"SELL\",\"type\":\"LIMIT\",\"timeInForce\":\"GTC\","
                + "\"quantity\":\"0.002\",\"price\":\"100.03\","
                + "\"cancelReplaceMode\":\"STOP_ON_FAILURE\","
                + "\"cancelOrigClientOrderId\":\"abcdef0.0.0\","
                + "\"newClientOrderId\":\"abcdef0.0.9\",\"newOrderRespType\":\"RESULT\"}")
        #expect(lane[10].hasPrefix("DELETE /api/v3/order?symbol="))
        #expect(lane[10].contains("&origClientOrderId=abcdef0.0.2 "))
        #expect(
            lane[13] == "POST /api/v3/order u2863 {\"symbol\":\"A0001USDT\",\"side\":\"SELL\","
                + "\"type\":\"LIMIT\",\"timeInForce\":\"GTC\",\"quantity\":\"0.002\","
                + "\"price\":\"99.99\",\"newClientOrderId\":\"abcdef0.0.d\","
                + "\"newOrderRespType\":\"RESULT\"}")
        #expect(lane[15].hasPrefix("GET /api/v3/order?symbol="))
        #expect(lane[15].contains("&origClientOrderId=abcdef0.0.7 "))
    }

    /// Each agent has its own workers, contexts and lanes, and sees only its own arrivals.
    @Test(arguments: [1, 2, 3, 7])
    func anyNumberOfAgentsSendsTheSame(agents: Int) throws {
        let total: UInt64 = 4_000
        for model in [FlowFixture.steady { $0.lanes = 5 }, FlowFixture.hft { $0.lanes = 16 }] {
            let steps = FlowFixture.order(model)
            let alone = try FlowBench(steps)
            let expected = (0..<total).map { sent(alone, $0) }
            var together = [String](repeating: "", count: Int(total))
            for agent in 0..<agents {
                let bench = try FlowBench(steps)
                for g in stride(from: UInt64(agent), to: total, by: agents) {
                    together[Int(g)] = sent(bench, g)
                }
            }
            #expect(together == expected)
        }
    }

    /// Asking for a command that has passed replays the lane.
    @Test func anyOrderOfArrivalsGivesTheSame() throws {
        let steps = FlowFixture.order(FlowFixture.steady { $0.lanes = 2 })
        let ascending = try FlowBench(steps)
        let expected = (0..<200).map { sent(ascending, $0) }
        let descending = try FlowBench(steps)
        let reversed = (0..<200).reversed().map { sent(descending, $0) }
        #expect(reversed.reversed() == expected)
    }

    /// A VU of an executor without numbers has a lane of its own, by its number.
    @Test func closedExecutorsDrawFromTheirVUsLane() throws {
        let program = try FlowFixture.program(FlowFixture.scenario(FlowFixture.order()))
        let five = FlowBench(program, vu: 5)
        let again = FlowBench(program, vu: 5)
        let six = FlowBench(program, vu: 6)
        func bodies(_ bench: FlowBench) -> [String] {
            (0..<50).map { _ in
                bench.begin()
                guard bench.machine.next() == .request else { return "nothing" }
                defer { _ = bench.complete() }
                return bench.url + bench.body
            }
        }
        let first = bodies(five)
        #expect(first == bodies(again))
        #expect(first != bodies(six))
        #expect(first.joined().contains("abcdef0.5."))
    }

    @Test func operationsAreCountedAndNamed() throws {
        let bench = try FlowBench(FlowFixture.order(FlowFixture.hft { $0.lanes = 1 }))
        var seen: [String: UInt64] = [:]
        for g in 0..<2_000 {
            bench.begin(global: UInt64(g))
            #expect(bench.machine.next() == .request)
            seen[bench.name, default: 0] += 1
            _ = bench.complete()
        }
        let counts = bench.drained()
        for (name, count) in seen {
            let op = name.split(separator: " ")[1]
            #expect(counts["orders{op=\"\(op)\",scenario=\"orders\"}"] == count)
        }
        #expect(seen.keys.sorted() == ["order cancel", "order new", "order replace"])
        // A young lane has nothing to cancel.
        #expect((counts["order_substitutions{scenario=\"orders\"}"] ?? 0) > 0)
        #expect(bench.drained().isEmpty)
    }

    /// The substitutions of a fleet add up to those of one agent: skipped commands are not counted.
    @Test func substitutionsAreCountedOnce() throws {
        let steps = FlowFixture.order(FlowFixture.hft { $0.lanes = 4 })
        func counts(_ agents: Int) throws -> [String: UInt64] {
            var all: [String: UInt64] = [:]
            for agent in 0..<agents {
                let bench = try FlowBench(steps)
                for g in stride(from: UInt64(agent), to: 1_000, by: agents) { _ = sent(bench, g) }
                all.merge(bench.drained(), uniquingKeysWith: +)
            }
            return all
        }
        #expect(try counts(1) == counts(3))
    }

    @Test func openListStaysWithinItsLimit() throws {
        let model = FlowFixture.model(.steady, [(.maker, 99), (.cancel, 1)]) {
            $0.lanes = 1
            $0.maxOpen = 20
        }
        let bench = try FlowBench(FlowFixture.order(model))
        var open = 0
        for g in 0..<1_000 {
            bench.begin(global: UInt64(g))
            #expect(bench.machine.next() == .request)
            open += bench.name == "order new" ? 1 : -1
            #expect(open >= 0 && open <= 20)
            _ = bench.complete()
        }
    }

    /// A think before the order step lets a later arrival draw first; nothing changes.
    @Test func laterStepsMayOvertake() throws {
        let steps = [Step.think(.fixed(.milliseconds(1)))] + FlowFixture.order()
        let program = try FlowFixture.program(FlowFixture.scenario(steps))
        let context = FlowContext(program: program, names: NameTable())
        let early = FlowMachine(context: context, vu: 1)
        let late = FlowMachine(context: context, vu: 2)
        early.begin(iteration: 0, global: 0, iterationInTest: 0, isWarmup: false)
        _ = early.next()
        late.begin(iteration: 0, global: 64, iterationInTest: 64, isWarmup: false)
        _ = late.next()
        #expect(late.next() == .request)
        #expect(early.next() == .request)
        #expect(String(decoding: early.request.body, as: UTF8.self).contains("abcdef0.0.0"))
        #expect(String(decoding: late.request.body, as: UTF8.self).contains("abcdef0.0.1"))
    }

    /// tick, lot, price in ticks -> texts.
    @Test(arguments: [
        ("0.01", "0.001", "100.00"), ("1", "1", "10000"), ("0.5", "0.25", "5000.0"),
        ("0.00000001", "0.1", "0.00010000"),
    ])
    func pricesHaveTheTicksDecimals(tick: String, lot: String, price: String) throws {
        let model = FlowFixture.model(.steady, [(.maker, 1)]) {
            $0.tick = tick
            $0.lot = lot
            $0.offsetCap = 1
            $0.lotsCap = 1
        }
        let fields: [OrderField] = [.price, .priceTicks, .qty, .qtyLots, .tif]
        let all = fields.map { Expression.fallback(.name(.order($0)), "-") }
        let bench = try FlowBench([
            .order(model),
            FlowFixture.get {
                $0.url = FlowFixture.template("/${=0},${=1},${=2},${=3},${=4}", all)
            },
        ])
        bench.begin(global: 0)
        #expect(bench.machine.next() == .request)
        let parts = bench.url.split(separator: "/")[2].split(separator: ",")
        // One tick from the middle, either side.
        let ticks = parts[1] == "10001" ? 1 : -1
        #expect(parts[1] == "\(10_000 + ticks)")
        #expect(parts[0].count == price.count || tick == "1" || tick == "0.01")
        #expect(
            parts[0].split(separator: ".").dropFirst().first?.count
                == price.split(separator: ".").dropFirst().first?.count)
        #expect(parts[2] == Substring(lot) && parts[3] == "1" && parts[4] == "-")
    }

    @Test(arguments: ["", "x", "0", "0.0", "1.", ".5", "-1", "1e3"])
    func badTicksAreRefused(tick: String) {
        let model = FlowFixture.steady { $0.tick = tick }
        #expect(throws: CommandFailure.self) { try FlowBench(FlowFixture.order(model)) }
    }
}
