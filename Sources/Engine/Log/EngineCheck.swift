// `spotload engine --check`: is what recovery made true? Invariants, the store row by row against
// the matcher at the same seq, and, where the journal is whole, a second matcher from its first
// command that must come to the same hashes. For tests, and for whoever doubts a disk.

import GRDB
import HarnessCore

/// One check of a recovered engine; nothing else runs yet.
struct EngineCheck {
    let directory: EngineDirectory
    let firstMarket: Market
    let matcherOptions: MatcherOptions
    let store: StoreDatabase?

    /// One line that says what was compared.
    ///
    /// - Throws: `CommandFailure` 70 with the first difference.
    func run(_ matcher: Matcher) throws -> String {
        if let broken = matcher.firstBrokenInvariant() { throw Self.failure(broken) }
        let replayed = try checkReplay(matcher)
        let compared = try store.map { try checkStore($0, matcher) }
        return "check ok: seq \(matcher.lastSeq), event hash "
            + "\(SnapshotMaker.hex(matcher.eventHash)), state hash \(matcher.stateHash()), "
            + (replayed ? "journal replayed" : "journal trimmed")
            + (compared.map { ", store equal (\($0) rows)" } ?? ", no store")
    }

    private static func failure(_ text: String) -> CommandFailure {
        CommandFailure(.internalError, "check: \(text)")
    }

    /// I9; false where the journal does not begin at 1 any more.
    private func checkReplay(_ matcher: Matcher) throws -> Bool {
        guard try JournalReader.firstSeq(directory: directory.journal) == 1 else { return false }
        let again = Matcher(market: firstMarket, options: matcherOptions)
        var effects = Effects()
        _ = try JournalReader.replay(
            directory: directory.journal, after: nil, through: matcher.lastSeq
        ) { command throws(CommandFailure) in
            _ = again.apply(command, effects: &effects)
            effects.removeAll()
        }
        guard again.eventHash == matcher.eventHash, again.stateHash() == matcher.stateHash() else {
            throw Self.failure("the whole journal leads to another state than the snapshot's tail")
        }
        return true
    }

    /// I10: the store at N is the engine at N. Returns the rows compared.
    private func checkStore(_ store: StoreDatabase, _ matcher: Matcher) throws -> Int {
        let stored = try store.progress()
        guard stored == matcher.lastSeq else {
            throw Self.failure("the store is at seq \(stored), the engine at \(matcher.lastSeq)")
        }
        return try checkOrders(store, matcher) + checkTrades(store, matcher)
            + checkBalances(store, matcher)
    }

    private func checkOrders(_ store: StoreDatabase, _ matcher: Matcher) throws -> Int {
        var compared = 0
        for (i, rules) in matcher.market.symbols.enumerated() {
            let rows = try store.read(
                sql: "SELECT * FROM orders WHERE symbol = ? ORDER BY order_id",
                arguments: [rules.symbol])
            guard rows.count == Int(matcher.orderCount(on: UInt16(i))) else {
                throw Self.failure(
                    "\(rules.symbol): \(rows.count) orders in the store, "
                        + "\(matcher.orderCount(on: UInt16(i))) were accepted")
            }
            for (n, row) in rows.enumerated() {
                let id: Int64 = row["order_id"]
                guard id == Int64(n + 1) else {
                    throw Self.failure("\(rules.symbol): order \(n + 1) is not in the store")
                }
                guard let order = matcher.order(symbol: UInt16(i), orderID: UInt64(id)) else {
                    continue
                }
                compared += 1
                let difference = Self.difference(row, order)
                if let difference {
                    throw Self.failure("\(rules.symbol) order \(id): \(difference)")
                }
            }
        }
        return compared
    }

    private static func difference(_ row: Row, _ order: OrderState) -> String? {
        let numbers: [(String, Int64)] = [
            ("side", Int64(order.side.rawValue)),
            ("type", order.postOnly ? 2 : Int64(order.type.rawValue)),
            ("tif", Int64(order.timeInForce.rawValue)), ("status", Int64(order.status.rawValue)),
            ("stp", Int64(order.selfTrade.rawValue)), ("expiry", Int64(order.expiry.rawValue)),
            ("price", order.price), ("qty", order.quantity), ("executed", order.executed),
            ("canceled", order.canceled), ("prevented", order.prevented),
            ("quote", order.quoteExecuted),
            ("created", Int64(order.createdNs)), ("updated", Int64(order.updatedNs)),
            ("seq", Int64(order.seq)),
        ]
        for (name, value) in numbers where row[name] as Int64 != value {
            return "\(name) is \(row[name] as Int64) in the store, \(value) in the engine"
        }
        let texts = [
            ("account", order.account.description), ("client_id", order.clientOrderID.description),
        ]
        for (name, value) in texts where row[name] as String != value {
            return "\(name) is \(row[name] as String) in the store, \(value) in the engine"
        }
        return nil
    }

    private func checkTrades(_ store: StoreDatabase, _ matcher: Matcher) throws -> Int {
        var compared = 0
        for (i, rules) in matcher.market.symbols.enumerated() {
            let rows = try store.read(
                sql: """
                    SELECT count(*) AS n, coalesce(max(trade_id), 0) AS last FROM trades
                    WHERE symbol = ?
                    """, arguments: [rules.symbol])
            let count = Int64(matcher.tradeCount(on: UInt16(i)))
            for row in rows where row["n"] as Int64 != count || row["last"] as Int64 != count {
                throw Self.failure(
                    "\(rules.symbol): \(row["n"] as Int64) trades in the store, \(count) happened")
            }
            compared += Int(count)
        }
        return compared
    }

    private func checkBalances(_ store: StoreDatabase, _ matcher: Matcher) throws -> Int {
        var compared = 0
        let rows = try store.read(sql: "SELECT account, asset, free, locked FROM balances")
        var known: [String: (Int64, Int64)] = [:]
        for row in rows {
            known["\(row["account"] as String) \(row["asset"] as String)"] = (
                row["free"], row["locked"]
            )
        }
        for account in matcher.accountNames {
            for state in matcher.balances(account: account) {
                let key = "\(account) \(matcher.market.assets[Int(state.asset)].name)"
                // One that has nothing but what the FUND gave it has no row.
                guard let (free, locked) = known[key] else {
                    guard state.locked == 0, state.free >= 0 else {
                        throw Self.failure("the store has no balance \(key)")
                    }
                    continue
                }
                guard free == state.free, locked == state.locked else {
                    throw Self.failure(
                        "\(key): \(free) free, \(locked) locked in the store, \(state.free), "
                            + "\(state.locked) in the engine")
                }
                compared += 1
            }
        }
        return compared
    }
}

extension Matcher {
    /// Orders ever accepted on a symbol.
    func orderCount(on symbol: UInt16) -> UInt64 { UInt64(books[Int(symbol)].index.count) }

    /// An open or retained order by its number alone.
    func order(symbol: UInt16, orderID: UInt64) -> OrderState? {
        let slot = books[Int(symbol)].index.slot(of: orderID)
        return slot < 0 ? nil : order(at: slot).pointee.state
    }

    var accountNames: [InlineText] { Array(ledger.accounts.values) }
}
