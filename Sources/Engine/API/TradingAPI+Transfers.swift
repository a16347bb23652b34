// Transfers between shards. There is one shard: none can be made, so none can be found.

extension TradingAPI {
    private static let shards: UInt64 = 1

    func postTransfer(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        _ = try account(request, p)
        _ = try OrderRequest.identifier(p, .transferId)
        let (_, units) = try amount(p)
        if units <= 0 { throw .notValid(.amount) }
        let from = try shard(p, .fromShard)
        if try shard(p, .toShard) == from { throw .sameShard }
        // Two shards of one cannot differ.
        throw .noSuchShard(.toShard)
    }

    func getTransfer(_ request: APIRequest, _ answer: @escaping Answer) throws(Rejection) {
        let p = try parameters(request)
        _ = try account(request, p)
        _ = try OrderRequest.identifier(p, .transferId)
        throw .noSuchTransfer
    }

    private func shard(_ p: Parameters, _ name: ParameterName) throws(Rejection) -> UInt64 {
        guard let shard = try OrderRequest.number(p, name) else { throw .missing(name) }
        if shard >= Self.shards { throw .noSuchShard(name) }
        return shard
    }
}

extension Rejection {
    fileprivate static let sameShard = Rejection(
        -1130,
        "Data sent for parameter 'toShard' is not valid: it must differ from 'fromShard'.")

    fileprivate static func noSuchShard(_ name: ParameterName) -> Rejection {
        Rejection(
            -1130, "Data sent for parameter '%s' is not valid: this engine has shard 0 only.",
            subject: name.text)
    }
}
