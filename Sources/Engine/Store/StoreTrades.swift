// Reads of trades and of prevented matches.

import GRDB

/// A trade as one account sees it.
package struct AccountTrade: Sendable, Equatable {
    package var tradeID: Int64
    package var orderID: Int64
    package var price: Int64
    package var quantity: Int64
    package var quote: Int64
    package var fee: Int64
    package var timeNs: Int64
    package var isBuyer: Bool
    package var isMaker: Bool
}

/// A trade as everybody sees it.
struct PublicTrade: Sendable, Equatable {
    var tradeID: Int64
    var price: Int64
    var quantity: Int64
    var quote: Int64
    var timeNs: Int64
    var isBuyerMaker: Bool
}

/// A match that self-trade prevention kept from happening.
struct StoredPrevention: Sendable, Equatable {
    var preventedID: Int64
    var makerOrder: Int64
    var takerOrder: Int64
    /// Ticks, the maker's.
    var price: Int64
    /// Lots.
    var quantity: Int64
    var mode: SelfTradePrevention
    var timeNs: Int64
}

/// Queries within one read of `StoreDatabase.read`.
enum StoreQueries {
    /// Trades of `account` on `symbol` from `fromID` on, ascending; with no `fromID` the newest.
    /// `limit` counts trades: one of the account with itself gives two rows and is never cut in
    /// two.
    ///
    /// Two index scans of at most `limit` rows each (more where `orderID` filters them).
    static func trades(
        _ db: Database, account: String, symbol: String, fromID: Int64?, orderID: Int64?,
        limit: Int
    ) throws -> [AccountTrade] {
        let order = fromID == nil ? "DESC" : "ASC"
        func side(_ name: String) -> String {
            """
            SELECT * FROM (SELECT * FROM trades INDEXED BY trades_by_\(name)
            WHERE \(name) = :account AND symbol = :symbol AND trade_id >= :from
            AND (:order IS NULL OR \(name)_order = :order)
            ORDER BY trade_id \(order) LIMIT :limit)
            """
        }
        let rows = try Row.fetchAll(
            db,
            sql: """
                \(side("maker")) UNION \(side("taker")) ORDER BY trade_id \(order) LIMIT :limit
                """,
            arguments: [
                "symbol": symbol, "from": fromID ?? 0, "account": account, "order": orderID,
                "limit": limit,
            ])
        let trades = rows.flatMap { views($0, account, orderID) }
        return fromID == nil ? trades.reversed() : trades
    }

    /// One row, or two where the account traded with itself.
    private static func views(_ row: Row, _ account: String, _ orderID: Int64?) -> [AccountTrade] {
        [true, false].compactMap { isMaker in
            guard row[isMaker ? "maker" : "taker"] as String == account else { return nil }
            let order: Int64 = row[isMaker ? "maker_order" : "taker_order"]
            guard orderID == nil || orderID == order else { return nil }
            let takerBuys = (row["taker_side"] as Int64) == 0
            return AccountTrade(
                tradeID: row["trade_id"], orderID: order, price: row["price"],
                quantity: row["qty"], quote: row["quote"],
                fee: row[isMaker ? "maker_fee" : "taker_fee"], timeNs: row["time"],
                isBuyer: takerBuys != isMaker, isMaker: isMaker)
        }
    }

    /// The newest trades of a symbol, ascending.
    static func recentTrades(_ db: Database, symbol: String, limit: Int) throws -> [PublicTrade] {
        let rows = try Row.fetchAll(
            db,
            sql: "SELECT * FROM trades WHERE symbol = ? ORDER BY trade_id DESC LIMIT ?",
            arguments: [symbol, limit])
        return rows.reversed().map { row in
            PublicTrade(
                tradeID: row["trade_id"], price: row["price"], quantity: row["qty"],
                quote: row["quote"], timeNs: row["time"],
                // The taker sold, so the maker bought.
                isBuyerMaker: (row["taker_side"] as Int64) == 1)
        }
    }

    /// Prevented matches of `account`, ascending from `fromID`: one by its own id, or those of an
    /// order, or with neither the newest.
    static func prevented(
        _ db: Database, account: String, symbol: String, id: Int64?, orderID: Int64?,
        fromID: Int64?, limit: Int
    ) throws -> [StoredPrevention] {
        let isNewest = id == nil && fromID == nil && orderID == nil
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM prevented WHERE symbol = :symbol AND account = :account
                AND prevented_id >= :from AND (:id IS NULL OR prevented_id = :id)
                AND (:order IS NULL OR maker_order = :order OR taker_order = :order)
                ORDER BY prevented_id \(isNewest ? "DESC" : "ASC") LIMIT :limit
                """,
            arguments: [
                "symbol": symbol, "account": account, "from": fromID ?? 0, "id": id,
                "order": orderID, "limit": limit,
            ])
        let found = rows.map { row in
            StoredPrevention(
                preventedID: row["prevented_id"], makerOrder: row["maker_order"],
                takerOrder: row["taker_order"], price: row["price"], quantity: row["qty"],
                mode: SelfTradePrevention(rawValue: row["stp"]) ?? .none, timeNs: row["time"])
        }
        return isNewest ? found.reversed() : found
    }
}
