// Seeded flows through `Matcher.replay` and through its obvious twin: events, books, funds and
// invariants after every command, the state hash now and then. 60 flows in the suite; `make
// test-long` sets SPOTLOAD_FLOWS=1000: 2,000,000 commands.

import Foundation
import HarnessCore
import Testing

@testable import Engine

@Suite struct ReplayTwinTests {
    static let wanted = ProcessInfo.processInfo.environment["SPOTLOAD_FLOWS"].flatMap { Int($0) }
    static let commandsPerFlow = 2_000

    @Test func equalsTheTwin() throws {
        for seed in 1...(Self.wanted ?? 60) {
            // Every other flow pays; the short ones of the suite are the beginnings of the long.
            let hasLedger = seed % 2 == 0
            var flow = ReplayFlow(seed: UInt64(seed), hasLedger: hasLedger)
            let commands = flow.commands(Self.wanted == nil ? 400 : Self.commandsPerFlow)
            let trial = ReplayTrial(market: try ReplayFlow.market(), hasLedger: hasLedger)
            if let fault = trial.fault(commands) {
                let short = shrunk(commands) { trial.fault($0) != nil }
                let lines = short.map(\.words).joined(separator: "\n")
                Issue.record(
                    """
                    seed \(seed), ledger \(hasLedger): \(fault)
                    shrunk to \(short.count) commands: \(trial.fault(short) ?? "")
                    \(lines)
                    """)
                return
            }
            if Self.wanted != nil, seed % 100 == 0 {
                FileHandle.standardError.write(
                    Data("replay twin: \(seed) flows of \(Self.commandsPerFlow)\n".utf8))
            }
        }
    }

    /// The flows do what they are for: every event, reason and code comes up often.
    @Test func flowsReachEverything() throws {
        var seen: [String: Int] = [:]
        for seed in 1...12 as ClosedRange<UInt64> {
            let hasLedger = seed % 2 == 0
            let trial = ReplayTrial(market: try ReplayFlow.market(), hasLedger: hasLedger)
            var flow = ReplayFlow(seed: seed, hasLedger: hasLedger)
            let matcher = trial.matcher()
            var effects = Effects()
            for command in flow.commands(1_000) {
                effects.removeAll()
                _ = matcher.replay(command, effects: &effects)
                for event in effects.events {
                    seen["\(event.kind) \(event.reason) \(event.code)", default: 0] += 1
                }
            }
        }
        for expected in [
            "accepted none 0", "trade none 0", "prevented none 0", "canceled user 0",
            "canceled ioc 0", "canceled fok 0", "canceled selfTrade 0", "canceled market 0",
            "replaced none 0", "amended none 0", "deposited none 0", "rejected none -1013",
            "rejected none -1102", "rejected none -1115", "rejected none -1121",
            "rejected none -1130", "rejected none -2010", "rejected none -2011",
            "rejected none -2015", "rejected none -2038",
        ] {
            #expect(seen[expected, default: 0] >= 5, "\(expected): \(seen)")
        }
    }

    @Test func shrinkerFindsTheTwoThatMatter() {
        let short = shrunk(Array(1...500)) { $0.contains(77) && $0.contains(402) }
        #expect(short == [77, 402])
    }
}

/// One flow, on both.
struct ReplayTrial {
    let market: Market
    let hasLedger: Bool

    func matcher() -> Matcher {
        var options = MatcherOptions()
        options.ledger = hasLedger
        options.callersNumbers = true
        return Matcher(market: market, options: options)
    }

    /// The first difference or broken invariant, in words.
    func fault(_ commands: [ReplayCommand]) -> String? {
        let matcher = matcher()
        let naive = NaiveBook(market, hasLedger: hasLedger)
        var effects = Effects()
        for (n, command) in commands.enumerated() {
            effects.removeAll()
            let rejection = matcher.replay(command, effects: &effects)
            let events = effects.events.map(Self.printed)
            let expected = naive.replay(command)
            let place = "command \(n) (\(command.words))"
            if events != expected { return "\(place): events \(events), twin \(expected)" }
            if case .rejected(_, let code)? = expected.first, rejection?.code != code {
                return "\(place): answer \(rejection?.code ?? 0), twin \(code)"
            }
            if let broken = matcher.firstBrokenInvariant() { return "\(place): \(broken)" }
            if let difference = stateDifference(matcher, naive) {
                return "\(place): \(difference)"
            }
            if n % 100 == 99 || n == commands.count - 1 {
                let lines = naive.stateLines()
                guard matcher.stateHash() == Sha256.hex(Array(lines.utf8)) else {
                    return "\(place): another hash than that of\n\(lines)"
                }
            }
        }
        return nil
    }

    private func stateDifference(_ matcher: Matcher, _ naive: NaiveBook) -> String? {
        for symbol in market.symbols.indices {
            let depth = matcher.depth(symbol: UInt16(symbol), limit: 1_000)
            let twin = (naive.depth(symbol, .buy), naive.depth(symbol, .sell))
            guard depth.bids == twin.0, depth.asks == twin.1 else {
                return "book \(symbol): \(depth), twin \(twin)"
            }
        }
        guard matcher.openOrderCount == naive.orders.count else {
            return "\(matcher.openOrderCount) open orders, twin \(naive.orders.count)"
        }
        guard hasLedger else { return nil }
        return fundsDifference(matcher, naive, assets: market.assets.count)
    }

    /// What `engine replay` prints of an event.
    static func printed(_ e: MatchEvent) -> NaiveEvent {
        switch e.kind {
        case .accepted: .accepted(e.id, e.side, price: e.price, e.quantity)
        case .trade:
            .trade(e.id, price: e.price, e.quantity, maker: e.maker, taker: e.taker)
        case .prevented: .prevented(e.id, e.quantity, maker: e.maker, taker: e.taker)
        case .canceled: .canceled(e.id, e.side, price: e.price, e.quantity, e.reason)
        case .replaced: .replaced(e.id, e.side, price: e.price, e.quantity)
        case .amended: .amended(e.id, e.side, price: e.price, e.quantity)
        case .rejected: .rejected(e.id, e.code)
        case .deposited: .deposited
        }
    }
}

/// Free and locked of every account and of the fees.
func fundsDifference(_ matcher: Matcher, _ naive: NaiveBook, assets: Int) -> String? {
    for account in ReplayFlow.accounts + ["@fees"] {
        var held = [(free: Int64, locked: Int64)](repeating: (0, 0), count: assets)
        for state in matcher.balances(account: account) {
            held[Int(state.asset)] = (state.free, state.locked)
        }
        for asset in 0..<assets {
            let twin = naive.funds(account.description, asset)
            guard held[asset] == twin else {
                return "\(account) asset \(asset): \(held[asset]), twin \(twin)"
            }
        }
    }
    return nil
}
