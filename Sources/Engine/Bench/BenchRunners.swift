// Our matcher under the benchmark's clock: commands are made in batches, then applied and timed.

import HarnessCore

/// Through `Matcher.replay`, without ledger.
struct ReplayRunner {
    let matcher = MatchBenchmark.bookOnly()
    private(set) var volume = 0
    private var seq: UInt64 = 0
    private var effects = Effects()
    private var commands: [ReplayCommand] = []

    var tally: BenchTally {
        BenchTally(
            trades: Int(matcher.tradeCount(on: 0)), volume: volume,
            openOrders: matcher.openOrderCount)
    }

    /// CPU seconds that the matcher took. Events are left per batch, as its user would take them.
    mutating func seconds(_ operations: some Collection<BenchOperation>) -> Double {
        var ns: Int64 = 0
        var rest = operations[...]
        while !rest.isEmpty {
            let batch = rest.prefix(MatchBenchmark.batch)
            rest = rest.dropFirst(MatchBenchmark.batch)
            commands.removeAll(keepingCapacity: true)
            for operation in batch {
                seq += 1
                commands.append(operation.replayCommand(seq: seq))
            }
            effects.removeAll()
            let begin = BenchClock.nowNs()
            for command in commands { _ = matcher.replay(command, effects: &effects) }
            ns += BenchClock.nowNs() - begin
            for event in effects.events where event.kind == .trade { volume += Int(event.quantity) }
        }
        return Double(ns) / 1e9
    }
}

/// Through `Matcher.apply`, as the engine does it.
struct ApplyRunner {
    let matcher: Matcher
    private(set) var volume = 0
    private var seq: UInt64 = 1
    private var effects = Effects()
    private var commands: [Command] = []
    private var maker: BenchCommands

    init(_ flow: MixedFlow) {
        var options = MatcherOptions()
        options.keepsEvents = false
        matcher = Matcher(market: .builtIn, options: options)
        maker = BenchCommands(largestID: Int(flow.largestID), accounts: MixedFlow.accounts)
        let fund = Fund(accounts: UInt32(MixedFlow.accounts), amount: 1_000_000)
        _ = matcher.apply(Command(seq: 1, receivedNs: 1, body: .fund(fund)), effects: &effects)
    }

    var tally: BenchTally {
        BenchTally(
            trades: Int(matcher.tradeCount(on: 0)), volume: volume,
            openOrders: matcher.openOrderCount)
    }

    /// CPU seconds that the matcher took, effects included.
    /// - Throws: 70 where a command is refused: the flow is one that fits.
    mutating func seconds(
        _ operations: some Collection<BenchOperation>
    ) throws(CommandFailure) -> Double {
        var ns: Int64 = 0
        var rest = operations[...]
        while !rest.isEmpty {
            let batch = rest.prefix(MatchBenchmark.batch)
            rest = rest.dropFirst(MatchBenchmark.batch)
            commands.removeAll(keepingCapacity: true)
            for operation in batch {
                seq += 1
                commands.append(maker.command(operation, seq: seq))
            }
            effects.removeAll()
            var refused: Rejection?
            let begin = BenchClock.nowNs()
            for i in commands.indices {
                switch matcher.apply(commands[i], effects: &effects) {
                case .rejected(let rejection): refused = rejection
                case .replaced(let pair, _):
                    if case .failed(let rejection) = pair.cancel { refused = rejection }
                    if case .failed(let rejection) = pair.new { refused = rejection }
                default: break
                }
            }
            ns += BenchClock.nowNs() - begin
            if let refused {
                throw CommandFailure(
                    .internalError,
                    "the engine refused a command up to \(seq): \(refused.code) \(refused.message)")
            }
            for trade in effects.trades { volume += Int(trade.quantity) }
        }
        return Double(ns) / 1e9
    }
}
