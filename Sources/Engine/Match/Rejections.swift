// What the matcher refuses, with Binance's codes and texts (engine.md 2).

extension Rejection {
    static let invalidSymbol = Rejection(-1121, "Invalid symbol.")
    static let invalidAsset = Rejection(-1130, "Data sent for parameter 'asset' is not valid.")
    static let invalidTime = Rejection(-1115, "Invalid timeInForce.")
    static let notPermitted = Rejection(
        -2015, "Invalid API-key, IP, or permissions for action.")
    static let accountMissing = Rejection(
        -1102, "Mandatory parameter 'account' was not sent, was empty/null, or malformed.")
    static let invalidConfig = Rejection(-1130, "Data sent for parameter 'symbols' is not valid.")
    static let duplicateDeposit = Rejection(-2010, "Duplicate deposit sent.")
    static let duplicateOrder = Rejection(-2010, "Duplicate order sent.")
    static let insufficientBalance = Rejection(
        -2010, "Account has insufficient balance for requested action.")
    static let wouldMatch = Rejection(-2010, "Order would immediately match and take.")
    static let marketClosed = Rejection(-2010, "Market is closed.")
    static let restricted = Rejection(
        -2011, "Order was not canceled due to cancel restrictions.")
    static let amendUp = Rejection(-2038, "Order amend (quantity increase) is not supported.")
    static let amendNothing = Rejection(
        -2038, "The requested action would change no state; rejecting.")
    static let otherClientID = Rejection(
        -2039, "Client order ID is not correct for this order ID.")
    static let noSuchOrder = Rejection(-2013, "Order does not exist.")
    static let unknownOrder = Rejection(-2011, "Unknown order sent.")
    static let priceFilter = Rejection(-1013, "Filter failure: PRICE_FILTER")
    static let lotSize = Rejection(-1013, "Filter failure: LOT_SIZE")
    static let notional = Rejection(-1013, "Filter failure: NOTIONAL")
    static let tooManyOrders = Rejection(-1013, "Filter failure: MAX_NUM_ORDERS")
}
