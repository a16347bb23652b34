import Engine
import Testing

@Suite struct DecimalTextTests {
    @Test(arguments: [
        ("1", 2, 100), ("0.1", 2, 10), ("00.10", 2, 10), ("1.2300", 2, 123), ("0", 8, 0),
        ("92233720368.54775807", 8, 9_223_372_036_854_775_807), ("5.000000000000", 0, 5),
    ])
    func reads(text: String, decimals: Int, units: Int64) {
        #expect(DecimalText.parse(Array(text.utf8), decimals: decimals) == .success(units))
    }

    @Test(
        arguments: [
            ("", -1105), ("1e-3", -1100), ("+1", -1100), ("-1", -1100), (" 1", -1100),
            ("1.", -1100),
            (".5", -1100), (".", -1100), ("1..2", -1100), ("1,5", -1100), ("0.001", -1111),
            ("99999999999999999999", -1013), ("123456789012345678901", -1100), ("NaN", -1100),
            ("0.001x", -1100), ("99999999999999999999.001", -1111),
            ("92233720368547758.08", -1013),
        ] as [(String, Int32)])
    func refuses(text: String, code: Int32) {
        guard case .failure(let rejection) = DecimalText.parse(Array(text.utf8), decimals: 2) else {
            Issue.record("\(text) was read")
            return
        }
        #expect(rejection.code == code)
    }

    @Test(arguments: [
        (0, 2, "0.00"), (5, 2, "0.05"), (123, 2, "1.23"), (7, 0, "7"), (-5, 1, "-0.5"),
        (0, 0, "0"), (100, 2, "1.00"), (.min, 8, "-92233720368.54775808"),
        (.max, 0, "9223372036854775807"), (1, 20, "0.00000000000000000001"),
    ])
    func writes(units: Int64, decimals: Int, text: String) {
        #expect(DecimalText.text(units, decimals: decimals) == text)
    }

    @Test func valuesBeyond64BitsBreakTheFilter() {
        let btc = Market.builtIn.symbols[0]
        #expect(
            btc.ticks(Array("999999999999999999".utf8)).failureText
                == "Filter failure: PRICE_FILTER")
        #expect(
            btc.lots(Array("999999999999999999".utf8)).failureText == "Filter failure: LOT_SIZE")
    }

    @Test func ticksAndLots() {
        let btc = Market.builtIn.symbols[0]
        #expect(btc.ticks(Array("50000.00".utf8)) == .success(5_000_000))
        #expect(btc.ticks(Array("0.005".utf8)).failureCode == -1013)
        #expect(btc.lots(Array("0.004".utf8)) == .success(400))
        #expect(btc.lots(Array("0.000001".utf8)).failureCode == -1013)
        #expect(btc.lots(Array("0".utf8)).failureCode == -1013)
        #expect(btc.lots(Array("0.123456789".utf8)).failureCode == -1111)
        #expect(btc.notionalFactor == 10)
    }

    @Test(arguments: [
        "", "[]", "- { symbol: X }", "nonsense: [",
        "- { symbol: X, base: A, quote: B, tick: \"0\", step: \"1\" }",
        "- { symbol: X, base: A, quote: B, tick: \"1e3\", step: \"1\" }",
        "- { symbol: X, base: A, quote: B, quoteScale: 2, tick: \"0.01\", step: \"0.001\" }",
        "- { symbol: X, base: A, quote: B, tick: \"1\", step: \"1\", status: OPEN }",
        "- { symbol: X, base: A, quote: B, tick: \"1\", step: \"1\", baseScale: 9 }",
    ])
    func badSymbolFilesAreRefused(yaml: String) {
        #expect(throws: (any Error).self) { try Market.load(yaml: yaml) }
    }
}

extension Result where Failure == Rejection {
    var failureText: String? {
        if case .failure(let rejection) = self { "\(rejection.message)" } else { nil }
    }
    var failureCode: Int32? {
        if case .failure(let rejection) = self { rejection.code } else { nil }
    }
}
