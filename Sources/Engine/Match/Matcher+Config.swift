extension Matcher {
    func configure(_ change: MarketChange, _ effects: inout Effects) -> Outcome {
        emitRejected(.invalidConfig, symbol: 0, id: 0, &effects)
        return .rejected(.invalidConfig)
    }
}
