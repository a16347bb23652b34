// A command of the mixed benchmark flow in 24 bytes, so that two million of them fit anywhere; as
// what `Matcher.replay` takes, what `Matcher.apply` takes, and as a line of `engine replay`.

import HarnessCore

package struct BenchOperation: BitwiseCopyable, Sendable, Equatable {
    package enum Kind: UInt8, BitwiseCopyable, Sendable {
        /// GTC
        case limit
        /// IOC
        case immediate
        case cancel, replace, amend
    }
    package var kind: Kind
    package var side: Side = .buy
    /// `u<account>`, from 1.
    var account: UInt16
    package var id: UInt32
    /// Ticks; of a replace the new price.
    var price: Int32 = 0
    /// Lots; of an amend what remains open; of a replace what was open.
    var quantity: Int32 = 0
    /// Of an amend: the new quantity of the whole order, which is what the engine's API takes.
    var total: Int32 = 0

    /// Without ledger, so without account.
    func replayCommand(seq: UInt64) -> ReplayCommand {
        switch kind {
        case .limit, .immediate:
            ReplayCommand(
                seq: seq,
                .new(
                    .init(
                        id: UInt64(id), account: nil, symbol: 0, side: side,
                        timeInForce: kind == .immediate ? .ioc : .gtc, price: Int64(price),
                        quantity: Int64(quantity))))
        case .cancel: ReplayCommand(seq: seq, .cancel(id: UInt64(id)))
        case .replace:
            ReplayCommand(
                seq: seq, .replace(id: UInt64(id), price: Int64(price), quantity: nil))
        case .amend: ReplayCommand(seq: seq, .amend(id: UInt64(id), quantity: Int64(quantity)))
        }
    }

    /// As `engine replay` reads it (engine.md 8), symbol X.
    func appendLine(_ c: inout ReplayCursor, seq: UInt64) {
        switch kind {
        case .limit, .immediate:
            c.raw("{\"op\":\"new\",\"seq\":")
            c.number(seq)
            appendID(&c)
            c.raw(",\"symbol\":\"X\",\"side\":")
            c.raw(side == .buy ? "\"buy\"" : "\"sell\"")
            if kind == .immediate { c.raw(",\"tif\":\"IOC\"") }
            c.raw(",\"price\":")
            c.decimal(Int64(price), 0)
            c.raw(",\"qty\":")
            c.decimal(Int64(quantity), 0)
        case .cancel:
            c.raw("{\"op\":\"cancel\",\"seq\":")
            c.number(seq)
            appendID(&c)
        case .replace:
            c.raw("{\"op\":\"replace\",\"seq\":")
            c.number(seq)
            appendID(&c)
            c.raw(",\"price\":")
            c.decimal(Int64(price), 0)
        case .amend:
            c.raw("{\"op\":\"amend\",\"seq\":")
            c.number(seq)
            appendID(&c)
            c.raw(",\"qty\":")
            c.decimal(Int64(quantity), 0)
        }
        c.raw("}\n")
    }

    private func appendID(_ c: inout ReplayCursor) {
        c.raw(",\"id\":")
        c.number(UInt64(id))
    }
}

/// Operations as the commands of an engine: accounts, client ids, a replace as cancelReplace. A
/// client id belongs to one order, so that a replaced order's next one has another: `c7`, `c7.1`.
struct BenchCommands {
    private var versions: [UInt16]
    private var accounts: [InlineText]

    init(largestID: Int, accounts: Int) {
        versions = Array(repeating: 0, count: largestID + 1)
        self.accounts = (0...accounts).compactMap { InlineText("u\($0)".utf8) }
    }

    mutating func command(_ operation: BenchOperation, seq: UInt64) -> Command {
        let account = accounts[Int(operation.account)]
        let client = clientID(operation)
        let body: Command.Body
        switch operation.kind {
        case .limit, .immediate: body = .new(new(operation, account, client, seq))
        case .cancel:
            body = .cancel(
                CancelOrder(symbol: 0, account: account, orderID: 0, clientOrderID: client))
        case .replace:
            versions[Int(operation.id)] += 1
            body = .cancelReplace(
                CancelReplace(
                    cancel: CancelOrder(
                        symbol: 0, account: account, orderID: 0, clientOrderID: client),
                    new: new(operation, account, clientID(operation), seq),
                    stopsOnFailure: true))
        case .amend:
            body = .amend(
                AmendOrder(
                    symbol: 0, account: account, orderID: 0, clientOrderID: client,
                    quantity: Int64(operation.total)))
        }
        return Command(seq: seq, receivedNs: seq * 1_000, body: body)
    }

    private func new(
        _ operation: BenchOperation, _ account: InlineText, _ client: InlineText, _ seq: UInt64
    ) -> NewOrder {
        NewOrder(
            apiID: 1, requestNumber: seq, symbol: 0, side: operation.side, type: .limit,
            timeInForce: operation.kind == .immediate ? .ioc : .gtc,
            price: Int64(operation.price), quantity: Int64(operation.quantity), account: account,
            clientOrderID: client)
    }

    private func clientID(_ operation: BenchOperation) -> InlineText {
        let version = versions[Int(operation.id)]
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { buffer in
            guard let start = buffer.baseAddress else { return "" }
            var c = ReplayCursor(start)
            c.byte(UInt8(ascii: "c"))
            c.number(UInt64(operation.id))
            if version > 0 {
                c.byte(UInt8(ascii: "."))
                c.number(UInt64(version))
            }
            return ReplayText(start: start, count: c.at - start).name ?? ""
        }
    }
}
