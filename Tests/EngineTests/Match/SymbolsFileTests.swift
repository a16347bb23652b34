// The symbols file: what is read, and errors told all at once with their lines.

import Engine
import HarnessCore
import Testing

@Suite struct SymbolsFileTests {
    @Test func numbersMayBeBare() throws {
        let market = try Market.load(
            yaml: """
                - { symbol: X, base: A, quote: B, tick: 0.50, step: 0.001 }
                """)
        let x = market.symbols[0]
        #expect(x.tickUnits == 5 && x.tickDecimals == 1 && x.tickAmount == 50_000_000)
        #expect(x.stepUnits == 1 && x.stepDecimals == 3 && x.lotUnits == 100_000)
        #expect(x.notionalFactor == 50_000)
    }

    @Test func builtInDecimals() {
        let table = Market.builtIn.symbols.map { [$0.tickDecimals, $0.stepDecimals] }
        #expect(table == [[2, 5], [2, 4], [2, 3], [5, 3]])
    }

    @Test func allErrorsAtOnceWithTheirLines() {
        let yaml = """
            - symbol: X
              base: A
              quote: B
              tick: 0.01
              step: 1e-3
              color: red
              status: OPEN
            - { symbol: X, base: A, quote: B, tick: 1, step: 1, baseScale: 9 }
            - { symbol: Y, base: A, tick: 1, step: 1, minPrice: 5, maxPrice: 4 }
            - 7
            """
        let failure = #expect(throws: CommandFailure.self) {
            try Market.load(yaml: yaml, file: "s.yaml")
        }
        #expect(failure?.code == .badConfiguration)
        let lines = failure?.message.split(separator: "\n").map(String.init) ?? []
        for expected in [
            "s.yaml:5: X: step", "s.yaml:6: unknown key color", "s.yaml:7: X: status is",
            "s.yaml:8: X: appears twice", "s.yaml:8: X: baseScale is", "s.yaml:9: Y: quote is",
            "s.yaml:9: Y: maxPrice is below", "s.yaml:10: a symbol is a map",
        ] {
            #expect(lines.contains { $0.hasPrefix(expected) }, "\(expected) in \(lines)")
        }
    }

    /// The text, and how its first error begins.
    @Test(arguments: [
        ("- [", "f:2: "), ("- { symbol: X, symbol: Y }", "f:1: given twice"),
        ("a: b", "f:1: a symbols file is a list"), ("", "f:1: a symbols file is a list"),
        ("- { symbol: \"X\\\"\", base: A, quote: B, tick: 1, step: 1 }", "f:1: X\": symbol"),
        ("- { symbol: X, base: A, quote: B, tick: [1], step: 1 }", "f:1: tick is a single value"),
        ("- { symbol: X, base: A, quote: B, tick: 1, step: 1, shard: 1 }", "f:1: X: shard is"),
        (
            "- { symbol: X, base: A, quote: B, tick: 0.000000001, step: 1 }",
            "f:1: X: tick \"0.000000001\": more than 8 decimals"
        ),
    ])
    func errors(yaml: String, begins: String) {
        let failure = #expect(throws: CommandFailure.self) {
            try Market.load(yaml: yaml, file: "f")
        }
        #expect(failure?.message.hasPrefix(begins) == true, "\(failure?.message ?? "")")
    }
}
