// Funds from outside: deposits, withdrawals, and the FUND of a new engine.

extension Matcher {
    /// Accounts one FUND may make.
    static let fundedAccounts: UInt32 = 10_000_000

    func balance(_ entry: Int) -> BalanceState {
        let (account, asset) = entry.quotientAndRemainder(dividingBy: ledger.assetCount)
        return BalanceState(
            account: ledger.accounts[account], asset: UInt16(asset),
            free: ledger.funds[entry].free, locked: ledger.funds[entry].locked, seq: lastSeq)
    }

    func apply(_ deposit: Deposit, _ effects: inout Effects) -> Outcome {
        if let rejection = screen(deposit.account, deposit.asset) {
            emitRejected(rejection, symbol: deposit.asset, id: 0, &effects)
            return .rejected(rejection)
        }
        if let known = depositIDs[deposit.depositID] {
            if known == deposit {
                let entry = ledger.entry(ledger.account(known.account), known.asset)
                return .deposited(balance(entry), duplicate: true)
            }
            emitRejected(.duplicateDeposit, symbol: deposit.asset, id: 0, &effects)
            return .rejected(.duplicateDeposit)
        }
        if let rejection = pay(deposit.account, deposit.asset, deposit.amount, &effects) {
            emitRejected(rejection, symbol: deposit.asset, id: 0, &effects)
            return .rejected(rejection)
        }
        depositIDs[deposit.depositID] = deposit
        effects.deposits.append(
            .init(
                seq: lastSeq, account: deposit.account, asset: deposit.asset,
                amount: deposit.amount, depositID: deposit.depositID))
        let entry = ledger.entry(ledger.account(deposit.account), deposit.asset)
        return .deposited(balance(entry), duplicate: false)
    }

    /// Adds to an account's free funds, or takes from them where `amount` is negative.
    func pay(
        _ name: InlineText, _ asset: UInt16, _ amount: Int64, _ effects: inout Effects
    ) -> Rejection? {
        if let rejection = screen(name, asset) { return rejection }
        if let rejection = ledger.obstacle(name, asset, amount) { return rejection }
        let account = ledger.account(name)
        ledger.deposit(account, asset, amount)
        var event = MatchEvent(.deposited, symbol: asset, id: UInt64(account))
        event.quantity = amount
        emit(event, &effects)
        return nil
    }

    private func screen(_ name: InlineText, _ asset: UInt16) -> Rejection? {
        guard Int(asset) < market.assets.count else { return .invalidAsset }
        return name.isReserved ? .notPermitted : nil
    }

    func apply(_ fund: Fund, _ effects: inout Effects) -> Outcome {
        guard let amounts = unitsPerAsset(fund) else {
            emitRejected(.notional, symbol: 0, id: 0, &effects)
            return .rejected(.notional)
        }
        for n in 0..<fund.accounts {
            guard let name = InlineText("u\(n + 1)".utf8) else { continue }
            let account = ledger.account(name)
            for (asset, units) in amounts.enumerated() {
                ledger.deposit(account, UInt16(asset), units)
            }
        }
        var event = MatchEvent(.deposited, symbol: 0, id: UInt64(fund.accounts))
        event.quantity = fund.amount
        emit(event, &effects)
        effects.funds.append(.init(seq: lastSeq, fund: fund))
        return .funded
    }

    /// What each account gets of each asset. Nil where something does not fit: all or nothing.
    private func unitsPerAsset(_ fund: Fund) -> [Int64]? {
        guard fund.accounts <= Self.fundedAccounts else { return nil }
        let names = (0..<fund.accounts).compactMap { InlineText("u\($0 + 1)".utf8) }
        var amounts: [Int64] = []
        for (asset, known) in market.assets.enumerated() {
            let units = (0..<known.scale).reduce(Int128(fund.amount)) { amount, _ in amount * 10 }
            guard let amount = Int64(exactly: units), amount >= 0,
                let sum = Int64(exactly: units * Int128(names.count)),
                ledger.hasRoom(UInt16(asset), sum),
                names.allSatisfy({ ledger.obstacle($0, UInt16(asset), amount) == nil })
            else { return nil }
            amounts.append(amount)
        }
        return amounts
    }
}
