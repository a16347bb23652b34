// Effects that wait for the store thread, given out in transactions of so many commands. A batch of
// the matcher may be larger than a transaction: it is cut between commands, at a seq.

import DequeModule
package import HarnessCore

/// Effects of some commands on their way to the store.
package struct StoreBatch: Sendable {
    package var effects: Effects
    package var commands: Int
    /// Of the last command; the others are those right before it.
    package var lastSeq: UInt64
    /// When the matcher made them.
    package var at: Instant
    /// Chained over the effects up to `lastSeq`; 0 where it is not known.
    package var eventHash: UInt64 = 0
}

/// What is not committed yet, oldest first. Belongs to the store thread.
struct StoreBacklog {
    private var batches = Deque<StoreBatch>()
    /// How much of the first batch has been given out.
    private var cursor = Effects.Cursor()
    private var commandsOut = 0
    /// Commands not given out.
    private(set) var commands = 0

    var isEmpty: Bool { commands == 0 }
    /// When the oldest was made.
    var oldest: Instant? { batches.first?.at }

    mutating func append(_ batch: StoreBatch) {
        guard batch.commands > 0 else { return }
        commands += batch.commands
        batches.append(batch)
    }

    /// The effects of the next commands, at most `most`; nil where there are none.
    /// - Complexity: O(what is returned).
    mutating func next(most: Int) -> StoreBatch? {
        guard var result = takeFirst(most: most) else { return nil }
        while result.commands < most, let more = takeFirst(most: most - result.commands) {
            result.effects.append(more.effects)
            result.commands += more.commands
            result.lastSeq = more.lastSeq
            result.eventHash = more.eventHash
        }
        return result
    }

    private mutating func takeFirst(most: Int) -> StoreBatch? {
        guard let first = batches.first else { return nil }
        let left = first.commands - commandsOut
        if commandsOut == 0, left <= most {
            commands -= left
            return batches.removeFirst()
        }
        let count = min(left, most)
        let seq = first.lastSeq - UInt64(left - count)
        let part = StoreBatch(
            effects: first.effects.slice(&cursor, upTo: seq), commands: count, lastSeq: seq,
            at: first.at, eventHash: count == left ? first.eventHash : 0)
        commands -= count
        commandsOut += count
        if count == left {
            batches.removeFirst()
            cursor = Effects.Cursor()
            commandsOut = 0
        }
        return part
    }
}

extension Effects {
    /// A place between two commands of a batch.
    struct Cursor {
        var orders = 0
        var trades = 0
        var balances = 0
        var rejects = 0
        var deposits = 0
        var funds = 0
        var prevented = 0
    }

    mutating func append(_ other: Effects) {
        orders += other.orders
        trades += other.trades
        balances += other.balances
        rejects += other.rejects
        deposits += other.deposits
        funds += other.funds
        prevented += other.prevented
    }

    /// What the store needs of the commands after `cursor` up to `seq`; moves the cursor there.
    func slice(_ cursor: inout Cursor, upTo seq: UInt64) -> Effects {
        var part = Effects()
        part.orders = Self.slice(orders, &cursor.orders) { $0.seq <= seq }
        part.trades = Self.slice(trades, &cursor.trades) { $0.seq <= seq }
        part.balances = Self.slice(balances, &cursor.balances) { $0.seq <= seq }
        part.rejects = Self.slice(rejects, &cursor.rejects) { $0.seq <= seq }
        part.deposits = Self.slice(deposits, &cursor.deposits) { $0.seq <= seq }
        part.funds = Self.slice(funds, &cursor.funds) { $0.seq <= seq }
        part.prevented = Self.slice(prevented, &cursor.prevented) { $0.seq <= seq }
        return part
    }

    /// Rows are in the order of their commands.
    private static func slice<Row>(
        _ rows: [Row], _ position: inout Int, while isWanted: (Row) -> Bool
    ) -> [Row] {
        let begin = position
        while position < rows.count, isWanted(rows[position]) { position += 1 }
        return Array(rows[begin..<position])
    }
}
