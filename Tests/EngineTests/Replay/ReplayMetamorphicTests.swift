// What must not matter (engine.md 11): a market seen in the mirror, another unit of quantity, the
// order of commands on different symbols, commands that are refused.

import Engine
import HarnessCore
import Testing

@Suite struct ReplayMetamorphicTests {
    private static let seeds: ClosedRange<UInt64> = 1...15

    /// Two symbols without rules and ledger; symbols and ids of the flow are made to fit.
    private static func commands(_ seed: UInt64) -> [ReplayCommand] {
        var flow = ReplayFlow(seed: seed, hasLedger: false)
        return flow.commands(600).map { command in
            var command = command
            switch command.operation {
            case .new(var new):
                // Even ids are the first symbol's, odd ones the second's.
                new.symbol = UInt16(new.id % 2)
                if new.type == .limit, new.price == 0 { new.price = 200 }
                command.operation = .new(new)
            case .replace(let id, let price, let quantity):
                command.operation = .replace(
                    id: id, price: price == 0 ? 200 : price, quantity: quantity)
            default: break
            }
            return command
        }
    }

    private static func matcher() -> Matcher {
        var options = MatcherOptions()
        options.ledger = false
        options.callersNumbers = true
        let matcher = Matcher(market: Market(symbols: [], assets: []), options: options)
        _ = matcher.addSymbol("X")
        _ = matcher.addSymbol("Y")
        return matcher
    }

    private static func events(_ commands: [ReplayCommand]) -> (all: [MatchEvent], hash: String) {
        let matcher = matcher()
        var effects = Effects()
        for (i, command) in commands.enumerated() {
            _ = matcher.replay(
                ReplayCommand(seq: UInt64(i + 1), command.operation), effects: &effects)
        }
        return (effects.events, matcher.stateHash())
    }

    private static func mapped(
        _ commands: [ReplayCommand], side: (Side) -> Side = { $0 },
        price: (Int64) -> Int64 = { $0 }, quantity: (Int64) -> Int64 = { $0 }
    ) -> [ReplayCommand] {
        commands.map { command in
            var command = command
            switch command.operation {
            case .new(var new):
                new.side = side(new.side)
                if new.type == .limit { new.price = price(new.price) }
                new.quantity = quantity(new.quantity)
                command.operation = .new(new)
            case .replace(let id, let p, let q):
                command.operation = .replace(
                    id: id, price: p.map(price), quantity: q.map(quantity))
            case .amend(let id, let q):
                command.operation = .amend(id: id, quantity: quantity(q))
            case .cancel, .deposit: break
            }
            return command
        }
    }

    @Test(arguments: seeds)
    func mirrored(seed: UInt64) {
        let commands = Self.commands(seed)
        func other(_ side: Side) -> Side { side == .buy ? .sell : .buy }
        let plain = Self.events(commands).all
        let mirrored = Self.events(
            Self.mapped(commands, side: other, price: { 400 - $0 })
        ).all
        let back = mirrored.map { event in
            var event = event
            if event.kind != .rejected { event.side = other(event.side) }
            if event.price != 0 { event.price = 400 - event.price }
            return event
        }
        #expect(back == plain && plain.contains { $0.kind == .trade })
    }

    @Test(arguments: seeds)
    func quantitiesTimesSeven(seed: UInt64) {
        let commands = Self.commands(seed)
        let plain = Self.events(commands).all.map { event in
            var event = event
            event.quantity *= 7
            return event
        }
        #expect(Self.events(Self.mapped(commands, quantity: { $0 * 7 })).all == plain)
    }

    @Test(arguments: seeds)
    func symbolsDoNotMeet(seed: UInt64) {
        let commands = Self.commands(seed)
        func isFirst(_ command: ReplayCommand) -> Bool {
            switch command.operation {
            case .new(let new): new.id % 2 == 0
            case .cancel(let id), .replace(let id, _, _), .amend(let id, _): id % 2 == 0
            case .deposit: false
            }
        }
        let apart = commands.filter(isFirst) + commands.filter { !isFirst($0) }
        let mixed = Self.events(commands)
        let sorted = Self.events(apart)
        #expect(mixed.hash == sorted.hash)
        for symbol in 0...1 as ClosedRange<UInt16> {
            // A rejection knows its symbol by the order it names, which may be none.
            let a = mixed.all.filter { $0.symbol == symbol && $0.kind != .rejected }
            let b = sorted.all.filter { $0.symbol == symbol && $0.kind != .rejected }
            #expect(a == b && !a.isEmpty)
        }
    }

    /// Leaving out all that is refused changes nothing else; so refused commands may be anywhere.
    @Test(arguments: seeds)
    func refusedCommandsLeaveNothing(seed: UInt64) throws {
        for hasLedger in [false, true] {
            var flow = ReplayFlow(seed: seed, hasLedger: hasLedger)
            let trial = ReplayTrial(market: try ReplayFlow.market(), hasLedger: hasLedger)
            let commands = flow.commands(600)
            let matcher = trial.matcher()
            var effects = Effects()
            let kept = commands.filter { matcher.replay($0, effects: &effects) == nil }
            #expect(kept.count < commands.count - 50)
            let alone = trial.matcher()
            var events = Effects()
            for command in kept { #expect(alone.replay(command, effects: &events) == nil) }
            #expect(events.events == effects.events.filter { $0.kind != .rejected })
            #expect(alone.stateHash() == matcher.stateHash())
        }
    }
}
