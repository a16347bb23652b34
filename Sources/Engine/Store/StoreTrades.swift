// Reads of trades for `GET /api/v3/myTrades`.

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

extension StoreDatabase {
    /// Trades of `account` on `symbol` from `fromID` on, ascending; with no `fromID` the newest.
    /// Blocks for the read: call it off the event loop.
    package func trades(
        account: String, symbol: String, fromID: Int64?, orderID: Int64?, limit: Int
    ) throws -> [AccountTrade] {
        let order = fromID == nil ? "DESC" : "ASC"
        let rows = try read(
            sql: """
                SELECT * FROM trades WHERE symbol = :symbol AND trade_id >= :from
                AND (maker = :account OR taker = :account)
                AND (:order IS NULL OR maker_order = :order OR taker_order = :order)
                ORDER BY trade_id \(order) LIMIT :limit
                """,
            arguments: [
                "symbol": symbol, "from": fromID ?? 0, "account": account, "order": orderID,
                "limit": limit,
            ])
        let trades = rows.flatMap { Self.views($0, account) }
        return fromID == nil ? trades.reversed() : trades
    }

    /// One row, or two where the account traded with itself.
    private static func views(_ row: Row, _ account: String) -> [AccountTrade] {
        [true, false].compactMap { isMaker in
            guard row[isMaker ? "maker" : "taker"] as String == account else { return nil }
            let takerBuys = (row["taker_side"] as Int64) == 0
            return AccountTrade(
                tradeID: row["trade_id"], orderID: row[isMaker ? "maker_order" : "taker_order"],
                price: row["price"], quantity: row["qty"], quote: row["quote"],
                fee: row[isMaker ? "maker_fee" : "taker_fee"], timeNs: row["time"],
                isBuyer: takerBuys != isMaker, isMaker: isMaker)
        }
    }
}
