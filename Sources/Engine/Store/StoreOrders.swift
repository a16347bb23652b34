// Reads of orders that the matcher no longer has, of all orders of an account, and of commands that
// were refused after their ACK.

import GRDB

/// A command that was refused: it made no order.
struct StoredReject: Sendable, Equatable {
    var clientOrderID: InlineText
    var code: Int32
    var seq: Int64
}

extension StoreQueries {
    /// `prevented_match` is the last match the order was part of, 0 where there was none. The
    /// `max` over an index each is cheaper than one over both columns.
    private static let orderColumns = """
        SELECT orders.*, max(
            ifnull((SELECT max(prevented_id) FROM prevented INDEXED BY prevented_by_maker
                WHERE symbol = orders.symbol AND maker_order = orders.order_id), 0),
            ifnull((SELECT max(prevented_id) FROM prevented INDEXED BY prevented_by_taker
                WHERE symbol = orders.symbol AND taker_order = orders.order_id), 0)
        ) AS prevented_match FROM orders
        """

    /// The account's order; with both ids given, both must match. Of several with one client id,
    /// which is possible once it may be used again, the newest.
    ///
    /// - Parameters: `orderID` 0 and an empty `clientOrderID` mean not given.
    static func order(
        _ db: Database, account: InlineText, symbol: (UInt16, String), orderID: UInt64,
        clientOrderID: InlineText
    ) throws -> OrderState? {
        let filter =
            orderID > 0
            ? "symbol = :symbol AND order_id = :id AND (:client = '' OR client_id = :client)"
            : "client_id = :client AND symbol = :symbol"
        let row = try Row.fetchOne(
            db,
            sql: """
                \(orderColumns) WHERE account = :account AND \(filter)
                ORDER BY order_id DESC LIMIT 1
                """,
            arguments: arguments(account, symbol.1, orderID, clientOrderID))
        return row.flatMap { state($0, symbol.0) }
    }

    private static func arguments(
        _ account: InlineText, _ symbol: String, _ orderID: UInt64, _ client: InlineText
    ) -> StatementArguments {
        var arguments: StatementArguments = [
            "account": account.description, "symbol": symbol, "client": client.description,
        ]
        if orderID > 0 { arguments += ["id": Int64(clamping: orderID)] }
        return arguments
    }

    /// The last refused command of the account with that client id.
    static func reject(
        _ db: Database, account: InlineText, symbol: String, clientOrderID: InlineText
    ) throws -> StoredReject? {
        let row = try Row.fetchOne(
            db,
            sql: """
                SELECT code, seq FROM rejects INDEXED BY rejects_by_client
                WHERE account = ? AND client_id = ? AND symbol = ? ORDER BY seq DESC LIMIT 1
                """, arguments: [account.description, clientOrderID.description, symbol])
        return row.map {
            StoredReject(clientOrderID: clientOrderID, code: $0["code"], seq: $0["seq"])
        }
    }

    /// Orders of the account on a symbol from `orderID` on, ascending; with none given the newest.
    /// - Complexity: O(orders of the account): one pass over its part of the index.
    static func orders(
        _ db: Database, account: InlineText, symbol: (UInt16, String), from orderID: Int64?,
        limit: Int
    ) throws -> [OrderState] {
        let order = orderID == nil ? "DESC" : "ASC"
        // The index has the primary key in it: account and symbol are found without the orders.
        let rows = try Row.fetchAll(
            db,
            sql: """
                \(orderColumns) WHERE symbol = :symbol AND order_id IN (
                    SELECT order_id FROM orders INDEXED BY orders_by_client
                    WHERE account = :account AND symbol = :symbol AND order_id >= :from
                    ORDER BY order_id \(order) LIMIT :limit)
                ORDER BY order_id
                """,
            arguments: [
                "account": account.description, "symbol": symbol.1, "from": orderID ?? 0,
                "limit": limit,
            ])
        return rows.compactMap { state($0, symbol.0) }
    }

    /// Nil for numbers that no version of this program writes.
    private static func state(_ row: Row, _ symbol: UInt16) -> OrderState? {
        guard let account = InlineText((row["account"] as String).utf8),
            let client = InlineText((row["client_id"] as String).utf8),
            let side = Side(rawValue: row["side"]),
            let timeInForce = TimeInForce(rawValue: row["tif"]),
            let selfTrade = SelfTradePrevention(rawValue: row["stp"]),
            let status = OrderStatus(rawValue: row["status"]),
            let expiry = ExpiryReason(rawValue: row["expiry"])
        else { return nil }
        let type: UInt8 = row["type"]
        var state = OrderState(
            symbol: symbol, orderID: row["order_id"], account: account, clientOrderID: client,
            side: side, type: type == 1 ? .market : .limit, timeInForce: timeInForce,
            postOnly: type == 2, status: status, price: row["price"], quantity: row["qty"],
            executed: row["executed"], canceled: row["canceled"], quoteExecuted: row["quote"],
            createdNs: row["created"], updatedNs: row["updated"], seq: row["seq"])
        state.selfTrade = selfTrade
        state.expiry = expiry
        state.prevented = row["prevented"]
        state.preventedMatchID = row["prevented_match"]
        return state
    }
}
