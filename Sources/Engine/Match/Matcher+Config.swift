// Other symbols from here on: a command like any other, so that every record of the journal is read
// with the rules that held when it was written.

import HarnessCore

extension Matcher {
    func configure(_ change: MarketChange, _ effects: inout Effects) -> Outcome {
        let text = change.text
        let next: Market
        do throws(CommandFailure) {
            next = try Market.load(yaml: String(decoding: text, as: UTF8.self))
        } catch {
            return rejectConfig(&effects)
        }
        guard market.obstacle(to: next) == nil else { return rejectConfig(&effects) }
        let old = symbolCount
        ledger.add(assets: next.assets.count - market.assets.count)
        market = next
        for (i, symbol) in next.symbols.enumerated() {
            if i < old {
                rules[i] = MatchRules(symbol)
            } else {
                open(symbol, isListed: true)
            }
        }
        eventHash = EventHash.fold(eventHash, FNV1a64.hash(text))
        return .configured
    }

    private func rejectConfig(_ effects: inout Effects) -> Outcome {
        emitRejected(.invalidConfig, symbol: 0, id: 0, &effects)
        return .rejected(.invalidConfig)
    }
}
