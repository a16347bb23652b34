// Who may ask for what, where there are API keys (engine.md 2, "Auth").

extension KeyRing {
    /// The account of the key that the request was made with; nil where everybody may ask.
    ///
    /// - Throws: -1002, -2014, -2015 about the key, then -1102, -1021, -1022 about the signature.
    func admit(_ request: APIRequest, nowUs: Int64) throws(Rejection) -> InlineText? {
        let needed: KeyRole
        let access = request.route.access(request.method)
        switch access {
        case .free: return nil
        case .read: needed = .read
        case .trade: needed = .trade
        case .admin, .scrape: needed = .admin
        }
        guard let key = request.apiKey, !key.isEmpty else { throw .unauthorized }
        guard Self.isLegal(key: key) else { throw .badKeyFormat }
        guard let holder = holder(of: key), holder.role >= needed else { throw .badKey }
        if access != .scrape { try check(request, holder, nowUs: nowUs) }
        return holder.account
    }

    private func check(
        _ request: APIRequest, _ holder: KeyHolder, nowUs: Int64
    ) throws(Rejection) {
        let p = try Parameters(query: request.query, body: request.body, isJSON: request.isJSON)
        guard let sent = try OrderRequest.number(p, .timestamp) else { throw .missing(.timestamp) }
        guard let time = Int64(exactly: sent) else { throw .notValid(.timestamp) }
        let windowUs = try Self.windowUs(p)
        guard p[.signature] != nil else { throw .missing(.signature) }
        if let obstacle = RequestWindow.obstacle(timestamp: time, windowUs: windowUs, nowUs: nowUs)
        {
            throw obstacle
        }
        guard
            let payload = SignedPayload(
                query: request.query, body: request.body, isForm: !request.isJSON),
            holder.isSigned(payload)
        else { throw .badSignature }
    }

    /// recvWindow: ms, with up to three decimals.
    private static func windowUs(_ p: Parameters) throws(Rejection) -> Int64 {
        guard p[.recvWindow] != nil else { return RequestWindow.standardUs }
        do throws(Rejection) {
            let window = try DecimalText.parse(
                try OrderRequest.text(p, .recvWindow), decimals: 3
            ).get()
            guard window <= RequestWindow.mostUs else { throw .notValid(.recvWindow) }
            return window
        } catch {
            throw error.code == -1013 ? .notValid(.recvWindow) : error.about(.recvWindow)
        }
    }
}
