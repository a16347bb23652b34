// engine.md 8 in the twin: ids of the caller, finished orders forgotten at once.

import Engine

extension NaiveBook {
    /// The events of one command.
    func replay(_ command: ReplayCommand) -> [NaiveEvent] {
        events = []
        switch command.operation {
        case .new(let new): replayNew(new)
        case .cancel(let id): replayCancel(id)
        case .replace(let id, let price, let quantity): replayReplace(id, price, quantity)
        case .amend(let id, let quantity): replayAmend(id, quantity)
        case .deposit(let account, let asset, let amount):
            replayDeposit(account.description, Int(asset), amount)
        }
        orders.removeAll { !$0.isResting }
        return events
    }

    private func reject(_ id: UInt64, _ code: Int32) { events = [.rejected(id, code)] }

    private func replayNew(_ new: ReplayCommand.New) {
        if hasLedger, new.account == nil { return reject(new.id, -1102) }
        guard Int(new.symbol) < symbols.count else { return reject(new.id, -1121) }
        let order = NaiveOrder(
            id: new.id, account: new.account?.description, symbol: Int(new.symbol), side: new.side,
            type: new.type, timeInForce: new.timeInForce, postOnly: new.postOnly,
            selfTrade: new.selfTrade, price: new.price, asked: new.quantity,
            original: new.quantity, open: new.quantity)
        if let code = refusal(order) { return reject(new.id, code) }
        if orders.contains(where: { $0.id == new.id }) { return reject(new.id, -2010) }
        if isFull(order.account, order.symbol) { return reject(new.id, -1013) }
        if let code = obstacle(order) { return reject(new.id, code) }
        events = [.accepted(order.id, order.side, price: order.price, order.open)]
        orders.append(execute(order))
    }

    private func replayCancel(_ id: UInt64) {
        guard let i = orders.firstIndex(where: { $0.id == id }) else { return reject(id, -2011) }
        let order = orders.remove(at: i)
        setAside(order, -order.open)
        events = [.canceled(id, order.side, price: order.price, order.open, .user)]
    }

    private func replayReplace(_ id: UInt64, _ price: Int64?, _ quantity: Int64?) {
        guard let i = orders.firstIndex(where: { $0.id == id }) else { return reject(id, -2011) }
        let old = orders[i]
        var order = old
        order.price = price ?? old.price
        order.open = quantity ?? old.open
        if let code = refusal(order) { return reject(id, code) }
        orders.remove(at: i)
        setAside(old, -old.open)
        if let code = obstacle(order) {
            setAside(old, old.open)
            orders.insert(old, at: i)
            return reject(id, code)
        }
        order.isResting = false
        orders.append(
            execute(
                order, replaced: .replaced(id, order.side, price: order.price, order.open)))
    }

    private func replayAmend(_ id: UInt64, _ quantity: Int64) {
        guard let i = orders.firstIndex(where: { $0.id == id }) else { return reject(id, -2011) }
        if quantity >= orders[i].open { return reject(id, -2038) }
        if quantity < 1 { return reject(id, -1013) }
        setAside(orders[i], quantity - orders[i].open)
        orders[i].open = quantity
        events = [.amended(id, orders[i].side, price: orders[i].price, quantity)]
    }

    private func replayDeposit(_ account: String, _ asset: Int, _ amount: Int64) {
        guard asset < assets.count else { return reject(0, -1130) }
        if account.hasPrefix("@") { return reject(0, -2015) }
        if funds(account, asset).free + amount < 0 { return reject(0, -2010) }
        add(account, asset, free: amount)
        events = [.deposited]
    }
}
