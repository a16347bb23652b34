import HarnessCore
import LoadGen
import ScenarioModel
import Testing

/// The profiles of the order-flow model: each against the slow twin and split over fleets, and what
/// sets it apart.
@Suite struct FlowOrderProfileTests {
    /// All `${order.*}` of a command, `-` where it has no such thing, and its substitutions.
    private static let fields: [OrderField] = [
        .op, .type, .tif, .side, .symbol, .account, .priceTicks, .qtyLots, .id, .ref, .defect,
    ]

    private func showing(_ model: OrderModel) -> [Step] {
        let texts = Self.fields.map { Expression.fallback(.name(.order($0)), "-") }
        let source = Self.fields.indices.map { "${=\($0)}" }.joined(separator: " ")
        return [
            .order(model), FlowFixture.get { $0.body = .text(FlowFixture.template(source, texts)) },
        ]
    }

    /// The command of one arrival as the twin writes it: ids are `abcdef0.<lane>.<k>` in base 36,
    /// the twin speaks of k.
    private func command(_ bench: FlowBench, _ global: UInt64?) -> String {
        bench.begin(global: global)
        guard bench.machine.next() == .request else { return "nothing" }
        let words = bench.body.split(separator: " ").enumerated().map { i, word -> String in
            guard i == 8 || i == 9, let last = word.split(separator: ".").last,
                let k = UInt64(last, radix: 36)
            else { return String(word) }
            return String(k)
        }
        _ = bench.complete()
        return words.joined(separator: " ")
    }

    private func commands(_ model: OrderModel, _ count: UInt64) throws -> [[String]] {
        let bench = try FlowBench(showing(model))
        return (0..<count).map { command(bench, $0).split(separator: " ").map(String.init) }
    }

    private static func variants(_ profile: OrderModel.Profile) -> [OrderModel] {
        [
            FlowFixture.profile(profile),
            // Full before anything is old enough: both substitutions at once.
            FlowFixture.profile(profile) {
                $0.maxOpen = 4
                $0.minAge = 40
            },
            // So low that prices meet their floor of 1 tick, and nothing is ever too young.
            FlowFixture.profile(profile) {
                $0.mid = 3
                $0.minAge = 0
            },
            // Repeats and defects in every profile, and more lanes than commands of a lane.
            FlowFixture.profile(profile) {
                $0.mix += [.init(kind: .retry, weight: 20), .init(kind: .stale, weight: 20)]
                $0.mix += [.init(kind: .bad, weight: 20), .init(kind: .fok, weight: 0)]
                $0.lanes = 200
                $0.minAge = 1
            },
        ]
    }

    @Test(arguments: OrderModel.Profile.allCases, [1 as UInt64, 2, .max])
    func equalsTheSlowTwin(profile: OrderModel.Profile, seed: UInt64) throws {
        for (variant, model) in Self.variants(profile).enumerated() {
            let bench = try FlowBench(showing(model)) { $0.seed = seed }
            let lanes = profile == .avalanche ? 1 : model.lanes
            var twins = (0..<lanes).map { lane in
                FlowOrderTwin(
                    model: model, streams: RandomStreams(seed: seed, scenario: "orders"),
                    lane: UInt64(lane), minAge: model.minAge)
            }
            for g in 0..<600 {
                let expected = twins[g % lanes].next()
                let actual = command(bench, UInt64(g))
                guard actual == expected else {
                    Issue.record("seed \(seed) variant \(variant) g \(g): \(actual); \(expected)")
                    return
                }
            }
            let counted = bench.drained()["order_substitutions{scenario=\"orders\"}"] ?? 0
            #expect(counted == UInt64(twins.reduce(0) { $0 + $1.substitutions }))
        }
    }

    /// A VU of an executor without numbers: lane = its number, k = its draws, minAge 1.
    @Test(arguments: OrderModel.Profile.allCases)
    func closedExecutorsEqualTheSlowTwin(profile: OrderModel.Profile) throws {
        let model = FlowFixture.profile(profile)
        let program = try FlowFixture.program(FlowFixture.scenario(showing(model)))
        for vu: UInt64 in [1, 9] {
            let bench = FlowBench(program, vu: vu)
            var twin = FlowOrderTwin(
                model: model, streams: RandomStreams(seed: 1, scenario: "orders"), lane: vu,
                minAge: 1)
            for _ in 0..<300 { #expect(command(bench, nil) == twin.next()) }
        }
    }

    /// A fleet of so many agents with so many workers each: every worker has its own context and
    /// sees only its own arrivals; together they send what one lane replay sends.
    @Test(
        arguments: OrderModel.Profile.allCases, [(1, 1), (1, 2), (3, 1), (2, 3), (5, 4)])
    func anyFleetSendsTheSame(profile: OrderModel.Profile, fleet: (Int, Int)) throws {
        let (agents, workers) = fleet
        let total = 1_200
        let steps = showing(FlowFixture.profile(profile))
        let alone = try FlowBench(steps)
        let expected = (0..<total).map { command(alone, UInt64($0)) }
        var together = [String](repeating: "", count: total)
        var counts: [String: UInt64] = [:]
        for agent in 0..<agents {
            for worker in 0..<workers {
                let bench = try FlowBench(steps)
                // Arrival j of an agent, its g = j x agents + agent, is worker j mod W's.
                for j in stride(from: worker, to: total, by: workers) {
                    let g = j * agents + agent
                    if g < total { together[g] = command(bench, UInt64(g)) }
                }
                counts.merge(bench.drained(), uniquingKeysWith: +)
            }
        }
        #expect(together == expected)
        #expect(counts == alone.drained())
    }

    @Test func burstIsSteady() throws {
        let steady = try commands(FlowFixture.profile(.steady), 500)
        #expect(try commands(FlowFixture.profile(.burst), 500) == steady)
    }

    @Test func hotFlowGoesToSymbolOne() throws {
        func share(_ hotShare: Double) throws -> Double {
            let model = FlowFixture.profile(.hot) {
                $0.hotShare = hotShare
                $0.symbolSkew = 0
            }
            let placed = try commands(model, 4_000).filter { $0[0] == "new" }
            return Double(placed.count { $0[4] == "A0001USDT" }) / Double(placed.count)
        }
        // 0.8 + 0.2 / 100 symbols; 2,800 draws: five standard deviations are 0.038.
        #expect(abs(try share(0.8) - 0.802) < 0.038)
        #expect(try share(1) == 1)
        #expect(try share(0) < 0.05)
    }

    /// 200 orders over 3 lanes: the first 67 commands of each rest, then the mix begins.
    @Test func deepBuildsTheBookFirst() throws {
        let all = try commands(FlowFixture.profile(.deep) { $0.aggressive = 1 }, 1_000)
        for command in all.prefix(67 * 3) {
            let ticks = try #require(Int(command[6]))
            #expect(command.prefix(3) == ["new", "LIMIT", "GTC"])
            #expect(command[3] == "BUY" ? ticks < 10_000 : ticks > 10_000)
        }
        #expect(all.dropFirst(67 * 3).contains { $0[0] == "cancel" })
        // With `aggressive` 1 no later limit order rests.
        for command in all.dropFirst(67 * 3) where command[0] == "new" && command[1] == "LIMIT" {
            let ticks = try #require(Int(command[6]))
            #expect(command[3] == "BUY" ? ticks > 10_000 : ticks < 10_000)
        }
        let none = try commands(FlowFixture.profile(.deep) { $0.depth = 0 }, 300)
        #expect(none.contains { $0[1] == "LIMIT_MAKER" })
    }

    /// 70 sell orders of one lot on 50 levels, then a buy of all 70 that reaches the last level.
    @Test func avalanche() throws {
        let all = try commands(FlowFixture.profile(.avalanche), 71 * 2)
        for (g, command) in all.enumerated() {
            let c = g % 71
            let shape =
                c == 70
                ? "new LIMIT IOC BUY A0001USDT 10050 70"
                : "new LIMIT GTC SELL A0001USDT \(10_001 + c % 50) 1"
            #expect((command[0..<5] + command[6..<8]).joined(separator: " ") == shape)
            #expect(command[8] == "\(g)")
        }
        #expect(Set(all.map { $0[5] }).count > 10, "accounts are drawn")
    }

    /// What it repeats, it repeats byte for byte.
    @Test func repeatsAreTheSameRequests() throws {
        let model = FlowFixture.profile(.retry) {
            $0.lanes = 1
            $0.symbols = ["A0001USDT", "ODD/NAME"]
        }
        let bench = try FlowBench(FlowFixture.order(model))
        var sent: [String: Int] = [:]
        var latestCancel = ""
        var retries = 0
        var stales = 0
        for g in 0..<3_000 {
            bench.begin(global: UInt64(g))
            #expect(bench.machine.next() == .request)
            let method = bench.machine.request.method
            let request = "\(method) \(bench.url) \(bench.headers) \(bench.body)"
            switch bench.name {
            case "order retry":
                retries += 1
                let first = try #require(sent[request], "nothing like it was sent: \(request)")
                #expect(g - first >= 8)
                #expect(method == .post && bench.url.hasSuffix("/api/v3/order"))
            case "order cancel":
                if sent[request] == nil {
                    latestCancel = request
                } else {
                    stales += 1
                    #expect(request == latestCancel)
                }
            default: break
            }
            if sent[request] == nil { sent[request] = g }
            _ = bench.complete()
        }
        // 2 % each of 3,000.
        #expect(retries > 30 && retries < 90 && stales > 30 && stales < 90)
        let counts = bench.drained()
        #expect(counts["orders{op=\"retry\",scenario=\"orders\"}"] == UInt64(retries))
    }

    /// With nothing to repeat yet a repeat becomes a limit order, and that is counted.
    @Test(arguments: [OrderKind.retry, .stale]) func nothingToRepeat(kind: OrderKind) throws {
        let model = FlowFixture.model(.retry, [(kind, 1)]) {
            $0.lanes = 1
            $0.minAge = 3
        }
        let bench = try FlowBench(showing(model))
        let ops = (0..<20).map { command(bench, $0).split(separator: " ")[0] }
        // The order of k 0 may be repeated from k 3 on; there never is a cancel.
        let news = kind == .retry ? 3 : 20
        #expect(ops.prefix(news).allSatisfy { $0 == "new" })
        #expect(ops.dropFirst(news).allSatisfy { $0 == "retry" })
        #expect(bench.drained()["order_substitutions{scenario=\"orders\"}"] == UInt64(news))
    }

    /// Of each defect: what `price` and `qty` read, and what the body says.
    @Test func defects() throws {
        let model = FlowFixture.model(.poison, [(.bad, 1)]) { $0.lotsCap = 1 }
        let fields: [OrderField] = [.defect, .price, .qty, .side, .symbol, .id]
        let texts = fields.map { Expression.fallback(.name(.order($0)), "-") }
        let show = FlowFixture.get {
            $0.body = .text(
                FlowFixture.template("${=0} ${=1} ${=2} ${=3} ${=4} ${=5}", texts))
        }
        let bench = try FlowBench(FlowFixture.order(model) + [show])
        var seen: [Substring: Int] = [:]
        for g in 0..<400 {
            bench.begin(global: UInt64(g))
            #expect(bench.machine.next() == .request)
            let body = bench.body
            #expect(bench.name == "order bad" && bench.machine.request.method == .post)
            #expect(bench.url == "http://t:1/api/v3/order")
            #expect(bench.headers.contains { $0.hasPrefix("X-MBX-APIKEY: u") })
            _ = bench.complete(400)
            #expect(bench.machine.next() == .request)
            let words = bench.body.split(separator: " ")
            _ = bench.complete()
            let defect = words[0]
            seen[defect, default: 0] += 1
            #expect(body.contains("\"newClientOrderId\":\"\(words[5])\""))
            #expect(body.contains("\"quantity\":\"\(words[2])\""))
            #expect(body.contains("\"price\":\"\(words[1])\"") == (defect != "missingPrice"))
            #expect(words[1].hasPrefix("-") == ["negativePrice", "missingPrice"].contains(defect))
            #expect(body.contains("\"side\":\"HOLD\"") == (defect == "badSide"))
            #expect(body.contains("\"symbol\":\"UNKNOWN\"") == (defect == "unknownSymbol"))
            #expect(body.hasSuffix("}") == (defect != "malformedBody"))
            let decimals = words[1].split(separator: ".").last?.count ?? 0
            switch defect {
            case "badPrecision": #expect(decimals == 9 && words[1].hasSuffix("0000001"))
            case "missingPrice": #expect(words[1] == "-")
            default: #expect(decimals == 2)
            }
            #expect(words[2] == (defect == "zeroQty" ? "0.000" : "0.001"))
            if defect == "tooSmall" { #expect(words[1] == "0.01") }
        }
        #expect(seen.count == 8 && seen.values.allSatisfy { $0 > 20 }, "\(seen)")
    }

    /// tick -> a price of 9 decimals, the last one not 0.
    @Test(arguments: [("1", "5.000000001"), ("0.5", "2.500000001"), ("0.00000001", "0.000000051")])
    func ninthDecimal(tick: String, price: String) throws {
        let model = FlowFixture.model(.poison, [(.bad, 1)]) {
            $0.tick = tick
            $0.mid = 4
            $0.offsetCap = 1
            $0.aggressive = 0
        }
        let texts = [OrderField.defect, .side, .price].map {
            Expression.fallback(.name(.order($0)), "-")
        }
        let show = FlowFixture.get {
            $0.body = .text(FlowFixture.template("${=0} ${=1} ${=2}", texts))
        }
        let bench = try FlowBench([.order(model), show])
        var prices: Set<Substring> = []
        for g in 0..<100 {
            bench.begin(global: UInt64(g))
            #expect(bench.machine.next() == .request)
            let words = bench.body.split(separator: " ")
            if words[0] == "badPrecision", words[1] == "SELL" { prices.insert(words[2]) }
            _ = bench.complete()
        }
        #expect(prices == [Substring(price)])
    }

    /// The unknown symbol is none of the model's, whatever these are called.
    @Test func unknownSymbolIsUnknown() throws {
        let model = FlowFixture.model(.poison, [(.bad, 1)]) {
            $0.symbols = ["UNKNOWN", "UNKNOWNX"]
        }
        let bench = try FlowBench(showing(model))
        let symbols = Set(
            (0..<100).map { command(bench, $0).split(separator: " ") }
                .filter { $0[10] == "unknownSymbol" }.map { $0[4] })
        #expect(symbols == ["UNKNOWNXX"])
    }

    /// Request names of each profile: no series for what is never drawn.
    @Test(arguments: [
        (OrderModel.Profile.steady, "new cancel replace query"), (.hft, "new cancel replace"),
        (.burst, "new cancel replace query"), (.hot, "new cancel replace query"),
        (.deep, "new cancel replace query"), (.avalanche, "new"),
        (.retry, "new cancel replace query retry"), (.poison, "new cancel replace query bad"),
    ])
    func names(profile: OrderModel.Profile, ops: String) throws {
        let steps = FlowFixture.order(FlowFixture.profile(profile))
        let program = try FlowFixture.program(FlowFixture.scenario(steps))
        #expect(program.staticNames == ops.split(separator: " ").map { "order \($0)" })
    }

    @Test(arguments: 0..<9) func impossibleModelsAreRefused(variant: Int) {
        let model = FlowFixture.profile(.steady) {
            switch variant {
            case 0: $0.mix = []
            case 1: $0.mix = [OrderModel.MixEntry(kind: .limit, weight: 0)]
            case 2: $0.mix = [OrderModel.MixEntry(kind: .limit, weight: 1 << 32)]
            case 3: $0.makers = 0
            case 4: $0.depth = -1
            case 5: $0.hotShare = 1.1
            case 6: $0.hotShare = .nan
            case 7: $0.maxOpen = 0
            default: $0.lanes = 0
            }
        }
        #expect(throws: CommandFailure.self) { try FlowBench(FlowFixture.order(model)) }
    }

    /// An avalanche draws no kinds: it needs no mix.
    @Test func avalancheNeedsNoMix() throws {
        let model = FlowFixture.profile(.avalanche) { $0.mix = [] }
        #expect(try commands(model, 71)[70][3] == "BUY")
    }
}
