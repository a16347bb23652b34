// `engine replay`: lines in, events out. A pure function of its input: the same bytes give the same
// bytes. Memory follows the open orders: finished ones are forgotten at once, input and output go
// through fixed buffers.

package import HarnessCore

package struct ReplayOptions: Sendable {
    /// nil: any symbol, tick 1, lot 1, scale 0; without ledger only.
    package var market: Market?
    package var hasLedger: Bool
    package var printsEvents = true
    package var printsBook = false
    package var printsHash = false

    package init(market: Market?, hasLedger: Bool) {
        self.market = market
        self.hasLedger = hasLedger
    }
}

/// What a replay came to.
package struct ReplayTotals: Sendable, Equatable {
    package var commands: UInt64 = 0
    package var events: UInt64 = 0
    package var rejected: UInt64 = 0
    package var trades: UInt64 = 0
    package var openOrders = 0
}

/// One replay. Confined to one thread; does not own its descriptors.
package final class ReplaySession {
    let options: ReplayOptions
    let name: String
    let matcher: Matcher
    let scanner = ReplayScanner()
    let output: ReplayOutput
    var effects = Effects()
    var totals = ReplayTotals()
    var lastSeq: UInt64 = 0

    /// One per symbol of the matcher.
    var symbols = RawArray<ReplaySymbol>()
    var symbolNames = RawArray<InlineText>()
    var symbolTable = SlotTable()
    var assetNames: [InlineText] = []

    /// - Parameters:
    ///   - name: what errors call the input.
    ///   - output: where events, book and hash go.
    package init(_ options: ReplayOptions, name: String, output: Int32) {
        self.options = options
        self.name = name
        self.output = ReplayOutput(descriptor: output)
        var how = MatcherOptions()
        how.ledger = options.hasLedger
        how.callersNumbers = true
        how.retention = 0
        matcher = Matcher(market: options.market ?? Market(symbols: [], assets: []), options: how)
        for rules in matcher.market.symbols { remember(rules) }
        assetNames = matcher.market.assets.compactMap { InlineText($0.name.utf8) }
    }

    deinit {
        symbols.free()
        symbolNames.free()
        symbolTable.free()
    }

    /// Applies every line and prints what it came to; then book and hash, where asked for.
    /// - Throws: 104 with `FILE:LINE: reason` for a line that is no command, after the events of
    ///   the lines before it; 69 where input or output fail.
    package func run(input: Int32) throws(CommandFailure) -> ReplayTotals {
        let reader = ReplayReader(descriptor: input, name: name)
        do throws(CommandFailure) {
            try applyAll(reader)
        } catch {
            try output.flush()
            throw error
        }
        totals.openOrders = matcher.openOrderCount
        if options.printsBook { try printBook() }
        if options.printsHash { try printHash() }
        try output.flush()
        return totals
    }

    private func applyAll(_ reader: ReplayReader) throws(CommandFailure) {
        while !output.isClosed, let line = try reader.next() {
            let step: Step
            do throws(ReplayProblem) {
                step = try take(line, number: reader.line)
            } catch {
                throw CommandFailure(.badConfiguration, "\(name):\(reader.line): \(error.text)")
            }
            try print(step)
        }
    }

    /// One command and what became of it; its events are in `effects`.
    struct Step {
        var seq: UInt64
        var operation: ReplayScanner.Operation
        /// 0 for a deposit.
        var id: UInt64 = 0
        var rejection: Rejection?
        var deposit: Deposit?
    }
    struct Deposit {
        var account: InlineText
        var asset: UInt16
        var amount: Int64
    }

    private func take(
        _ line: UnsafeRawBufferPointer, number: UInt64
    ) throws(ReplayProblem) -> Step {
        try scanner.scan(line)
        var step = Step(seq: try scanner.whole(.seq) ?? number, operation: try scanner.operation())
        guard step.seq > lastSeq else {
            throw ReplayProblem(
                text: lastSeq == 0
                    ? "seq begins at 1"
                    : "seq \(step.seq) does not rise: the one before is \(lastSeq)")
        }
        effects.removeAll()
        switch step.operation {
        case .new: try new(&step)
        case .cancel: try cancel(&step)
        case .replace: try replace(&step)
        case .amend: try amend(&step)
        case .deposit: try deposit(&step)
        }
        lastSeq = step.seq
        totals.commands += 1
        return step
    }
}

@available(*, unavailable)
extension ReplaySession: Sendable {}
