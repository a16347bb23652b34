// The tables of `bench match`, 100 columns at most, and the same as JSON. The plan's figures are
// those of its benchmark section.

import Collector
import Engine
import Foundation

enum MatchTables {
    struct Results {
        var matches: [MatchBenchmark.MatchRow] = []
        var inserts: [MatchBenchmark.InsertRow] = []
        var mixed: [MatchBenchmark.MixedRow] = []
        var fill = 0
    }

    /// Orders: adds and matches a second.
    private static let planRates: [Int: (add: Double, match: Double)] = [
        1_000: (3_146_515, 4_472), 50_000: (4_271_707, 26_936),
    ]
    /// Inserts: ms with a heap and with an array.
    private static let planInserts: [Int: (heap: Double, array: Double)] = [
        100: (0.1, 0.25), 1_000: (0.27, 16.22), 5_000: (1.42, 425.62), 10_000: (3.58, 1_634.17),
    ]
    private static let floor = 1_000_000.0
    private static let target = 5_000_000.0

    static func head(_ benchmark: MatchBenchmark) -> String {
        "one thread, its own CPU time; seed \(benchmark.seed); median of "
            + "\(benchmark.repeats - 1) repeats after a discarded one\n"
    }

    /// What the books are, for who reads the tables only.
    static let notes = """

        ours and "book only": levels with depth, ids of callers looked up, all checks, an event for
          each fact; tables grow from nothing. "engine": accounts that pay, fees, client ids and
          effects for the store, too. Neither has JSON, journal or network in it.
        heap: none of this; ids are places in arrays made beforehand, no event leaves it, a cancel
          only marks the order (its entry stays until it is the best), so it knows no depth.
        array: as the heap; it cannot cancel at all, and is left out above 1,000 orders of (1) and
          of (3). Both show what a structure costs, not what an exchange does.

        """

    // MARK: Tables

    static func matches(_ rows: [MatchBenchmark.MatchRow]) -> String {
        var text =
            "\n(1) N limits that do not cross, then N that do: orders/s\n"
            + "orders  book   step        median         min         max  spread    the plan's"
            + "     of it\n"
        for row in rows {
            let plan = planRates[row.orders]
            for (step, figure, planned) in [
                ("add", row.add, plan?.add), ("match", row.match, plan?.match),
            ] {
                text +=
                    number(Double(row.orders), 6) + "  " + ReportText.left(row.book.rawValue, 7)
                    + ReportText.left(step, 6) + number(figure.median, 12)
                    + number(figure.min, 12) + number(figure.max, 12) + spread(figure)
                    + (planned.map { number($0, 14) } ?? ReportText.right("-", 14))
                    + ratio(planned.map { figure.median / $0 }, 10) + "\n"
            }
        }
        return text
    }

    static func inserts(_ rows: [MatchBenchmark.InsertRow]) -> String {
        var text =
            "\n(2) N inserts: ms, and how many times as long the array takes\n"
            + "inserts      heap     array      ours  array/heap  array/ours"
            + "  plan's heap     array    ratio\n"
        for row in rows {
            guard let ours = row.figures[.ours], let heap = row.figures[.heap],
                let array = row.figures[.array]
            else { continue }
            text +=
                number(Double(row.orders), 7)
                + [heap, array, ours].map { ReportText.right(decimal($0.median, 3), 10) }.joined()
                + ratio(array.median / heap.median, 12) + ratio(array.median / ours.median, 12)
            if let plan = planInserts[row.orders] {
                text +=
                    ReportText.right(decimal(plan.heap, 2), 13)
                    + ReportText.right(decimal(plan.array, 2), 10)
                    + ratio(plan.array / plan.heap, 9)
            }
            text += "\n"
        }
        return text
    }

    static func mixed(_ rows: [MatchBenchmark.MixedRow], fill: Int, commands: Int) -> String {
        var text = """

            (3) mixed, \(ReportText.grouped(UInt64(commands))) commands on \
            \(ReportText.grouped(UInt64(fill))) resting orders: commands/s
            path             median         min         max  spread  of floor 1 M  of target 5 M

            """
        for row in rows {
            text +=
                ReportText.left(row.name, 11) + number(row.rate.median, 12)
                + number(row.rate.min, 12) + number(row.rate.max, 12) + spread(row.rate)
                + ratio(row.rate.median / floor, 14) + ratio(row.rate.median / target, 15) + "\n"
        }
        for row in rows {
            guard let hash = row.hash else { continue }
            text +=
                ReportText.left(row.name, 11) + "\(ReportText.grouped(UInt64(row.tally.trades)))"
                + " trades, \(ReportText.grouped(UInt64(row.tally.openOrders))) open; "
                + "state \(hash.prefix(16))... in every repeat\n"
        }
        return text
    }

    private static func number(_ value: Double, _ width: Int) -> String {
        ReportText.right(ReportText.grouped(UInt64(value.rounded())), width)
    }

    private static func decimal(_ value: Double, _ places: Int) -> String {
        ReportText.decimal(value, places)
    }

    private static func spread(_ figure: BenchFigure) -> String {
        ReportText.right(ReportText.percent(figure.spread, 1), 8)
    }

    private static func ratio(_ value: Double?, _ width: Int) -> String {
        guard let value else { return ReportText.right("-", width) }
        return ReportText.right(decimal(value, value < 10 ? 2 : 0) + " x", width)
    }

    // MARK: JSON

    static func json(_ results: Results, _ benchmark: MatchBenchmark) throws -> String {
        let top: [String: Any] = [
            "seed": benchmark.seed, "repeats": benchmark.repeats, "commands": benchmark.commands,
            "fill": results.fill,
            "matches": results.matches.map { row in
                [
                    "orders": row.orders, "book": row.book.rawValue,
                    "addPerSecond": object(row.add), "matchPerSecond": object(row.match),
                    "plan": planRates[row.orders].map {
                        ["addPerSecond": $0.add, "matchPerSecond": $0.match]
                    } as Any? ?? NSNull(),
                ] as [String: Any]
            },
            "inserts": results.inserts.map { row in
                var entry: [String: Any] = ["orders": row.orders]
                for (book, figure) in row.figures { entry["\(book.rawValue)Ms"] = object(figure) }
                if let plan = planInserts[row.orders] {
                    entry["plan"] = ["heapMs": plan.heap, "arrayMs": plan.array]
                }
                return entry
            },
            "mixed": results.mixed.map { row in
                [
                    "path": row.name, "commandsPerSecond": object(row.rate),
                    "hash": row.hash as Any? ?? NSNull(), "trades": row.tally.trades,
                    "openOrders": row.tally.openOrders,
                ] as [String: Any]
            },
        ]
        let data = try JSONSerialization.data(
            withJSONObject: top, options: [.prettyPrinted, .sortedKeys])
        return String(decoding: data, as: UTF8.self) + "\n"
    }

    private static func object(_ figure: BenchFigure) -> [String: Any] {
        [
            "median": figure.median, "min": figure.min, "max": figure.max,
            "spread": figure.spread,
        ]
    }
}
