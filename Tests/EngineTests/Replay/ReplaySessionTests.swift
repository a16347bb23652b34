// `engine replay` from text to text: what lines mean, what becomes an event and what an error.

import Foundation
import HarnessCore
import Testing

@testable import Engine

@Suite struct ReplaySessionTests {
    static func new(_ rest: String) -> String { #"{"op":"new","id":1,"symbol":"X",\#(rest)}"# }
    static let plain = new(#""side":"buy","price":"100","qty":"10""#)

    // MARK: Lines that are no commands

    /// A line, and how the error goes on after `in:2: `.
    static let malformed: [(String, String)] = [
        ("", "an empty line"),
        ("   ", "a command is a JSON object: expected '{', found the end of the line"),
        ("[1]", "a command is a JSON object: expected '{', found '['"),
        ("nonsense", "a command is a JSON object"),
        (#"{"op":"cancel","id":1"#, "malformed JSON: expected ',' or '}', found the end"),
        (#"{"op":"cancel","id":1,}"#, "malformed JSON: expected a key in quotes, found '}'"),
        (#"{"op":"cancel" "id":1}"#, "malformed JSON: expected ',' or '}', found '\"'"),
        (#"{"op":"cancel","id" 1}"#, "malformed JSON: expected ':', found '1'"),
        (#"{"op":"cancel","id":1} x"#, "malformed JSON: 'x' after the object, at column 24"),
        (#"{"op":"cancel","id":1}{}"#, "malformed JSON: '{' after the object"),
        (#"{"op":"cancel","id":01}"#, "malformed JSON: expected ',' or '}', found '1'"),
        (#"{"op":"cancel","id":+1}"#, "id: expected a string, a number, true or false"),
        (#"{"op":"cancel","id":1.}"#, "malformed number: expected a digit, found '}'"),
        (#"{"op":"cancel","id":-}"#, "malformed number: expected a digit"),
        (#"{"op":"cancel","id":nul}"#, "id: expected a string, a number, true or false"),
        (#"{"op":"cancel","id":null}"#, "id: expected a string, a number, true or false"),
        (#"{"op":"cancel","id":[1]}"#, "id: expected a string, a number, true or false"),
        (#"{"op":"cancel","id":tru}"#, "id: expected a string, a number, true or false"),
        (#"{"op":"cancel","id":"1"}"#, "id is a whole number, not a string"),
        (#"{"op":"cancel","id":true}"#, "id is a whole number, not true or false"),
        (#"{"op":"cancel","id":1.5}"#, "id is a whole number from 0 to 2^63 - 1, not 1.5"),
        (#"{"op":"cancel","id":1e3}"#, "id is a whole number from 0 to 2^63 - 1, not 1e3"),
        (#"{"op":"cancel","id":-1}"#, "id is a whole number from 0 to 2^63 - 1, not -1"),
        (
            #"{"op":"cancel","id":9223372036854775808}"#,
            "id is a whole number from 0 to 2^63 - 1, not 9223372036854775808"
        ),
        (#"{"op":"cancel","id":99999999999999999999}"#, "id is a whole number from 0"),
        (#"{"op":"cancel"}"#, "id is missing"),
        (#"{"id":1}"#, "op is missing"),
        ("{}", "op is missing"),
        (#"{"op":1}"#, "op is a string, not a number: write it in quotes"),
        (
            #"{"op":"nuw","id":1}"#,
            #"unknown op "nuw": one of new, cancel, replace, amend, deposit"#
        ),
        (#"{"op":"newnewnewnew"}"#, #"unknown op "newnewnewnew""#),
        (#"{"op":"cancel","id":1,"qyt":"1"}"#, #"unknown key "qyt", at column 23"#),
        (#"{"op":"cancel","id":1,"averylongkeythatis":1}"#, #"unknown key "averylongkeythatis""#),
        (#"{"op":"cancel","id":1,"":1}"#, #"unknown key """#),
        (#"{"op":"cancel","id\u0000":1}"#, #"unknown key "id?""#),
        (#"{"op":"cancel\u0000","id":1}"#, #"unknown op "cancel?""#),
        (new(#""side":"buy\u0000","price":"1","qty":"1""#), #"unknown side "buy?""#),
        (#"{"op":"cancel","id":1,"id":2}"#, #"key "id" twice"#),
        (#"{"op":"cancel","id":1,"price":"1"}"#, #"unknown key "price" in op cancel"#),
        (#"{"op":"amend","id":1,"qty":"1","price":"1"}"#, #"unknown key "price" in op amend"#),
        (#"{"op":"amend","id":1}"#, "qty is missing"),
        (new(#""side":"buy","qty":"1""#), "price is missing"),
        (new(#""side":"buy","price":"1""#), "qty is missing"),
        (new(#""price":"1","qty":"1""#), "side is missing"),
        (#"{"op":"new","id":1,"side":"buy","price":"1","qty":"1"}"#, "symbol is missing"),
        (new(#""side":"buy","price":100,"qty":"1""#), "price is a string, not a number"),
        (new(#""side":"BUY","price":"1","qty":"1""#), #"unknown side "BUY": one of buy, sell"#),
        (new(#""side":"buy","price":"1","qty":"1","type":"stop""#), #"unknown type "stop""#),
        (new(#""side":"buy","price":"1","qty":"1","tif":"gtc""#), #"unknown tif "gtc""#),
        (new(#""side":"buy","price":"1","qty":"1","stp":"TRANSFER""#), #"unknown stp "TRANSFER""#),
        (
            new(#""side":"buy","price":"1","qty":"1","postOnly":"yes""#),
            "postOnly is true or false, not a string"
        ),
        (
            #"{"op":"deposit","account":"a","asset":"X","amount":"1"}"#,
            "a deposit needs the ledger: leave out --no-ledger"
        ),
        (#"{"op":"cancel","seq":1,"id":1}"#, "seq 1 does not rise: the one before is 1"),
        (#"{"op":"cancel","id":1,"asset":"\x"}"#, "malformed JSON: unknown escape, found 'x'"),
        (#"{"op":"cancel","asset":"\ud800","id":1}"#, "malformed JSON: half a surrogate pair"),
        (#"{"op":"cancel","asset":"\ud800\u0041"}"#, "malformed JSON: half a surrogate pair"),
        (#"{"op":"cancel","asset":"\u00g0"}"#, "malformed JSON: expected a hexadecimal digit"),
        (#"{"op":"cancel","asset":"abc"#, "malformed JSON: a string without its end"),
        ("{\"op\":\"cancel\",\"asset\":\"a\tb\"}", "malformed JSON: a control character in a"),
    ]

    @Test(arguments: malformed)
    func malformedLines(line: String, reason: String) throws {
        let run = try ReplayRun(Self.plain + "\n" + line + "\n" + Self.plain + "\n")
        #expect(run.failure?.code == .badConfiguration)
        let message = run.failure?.message ?? "no failure"
        #expect(message.hasPrefix("in:2: " + reason), "\(message)")
        // What came before is printed, nothing of what comes after.
        #expect(run.lines.count == 1 && run.lines[0].contains("accepted"))
    }

    @Test func bytesThatAreNoUTF8() throws {
        let run = try ReplayRun(
            Array(#"{"op":"cancel","asset":""#.utf8) + [0xC3, 0x28, 0x22, 0x7D])
        #expect(
            run.failure?.message.contains("in:1: malformed JSON: a string is not UTF-8") == true)
    }

    @Test func aLineOver64KiB() throws {
        let long = #"{"op":"cancel","asset":""# + String(repeating: "x", count: 66_000)
        let run = try ReplayRun(Self.plain + "\n" + long)
        #expect(run.failure?.message == "in:2: a line is over 65536 bytes")
        #expect(run.lines.count == 1)
    }

    // MARK: What an exchange refuses

    /// A line after an order 9 that rests at 100, and the code.
    static let refused: [(String, Int)] = [
        (new(#""side":"buy","price":"1.5","qty":"1""#), -1111),
        (new(#""side":"buy","price":"1","qty":"1.5""#), -1111),
        (new(#""side":"buy","price":"0","qty":"1""#), -1013),
        (new(#""side":"buy","price":"1","qty":"0""#), -1013),
        (new(#""side":"buy","price":"1000000000000001","qty":"1""#), -1013),
        (new(#""side":"buy","price":"1","qty":"1000000000000001""#), -1013),
        (new(#""side":"buy","price":"99999999999999999999","qty":"1""#), -1013),
        (new(#""side":"buy","price":"-1","qty":"1""#), -1100),
        (new(#""side":"buy","price":"1e3","qty":"1""#), -1100),
        (new(#""side":"buy","price":"","qty":"1""#), -1105),
        (new(#""side":"buy","price":"1","qty":" 1""#), -1100),
        (new(#""side":"buy","price":"1","qty":"1","postOnly":true,"tif":"IOC""#), -1115),
        (new(#""side":"buy","price":"1","qty":"1.5","postOnly":true,"tif":"IOC""#), -1115),
        (new(#""side":"buy","type":"market","qty":"1","postOnly":true"#), -1115),
        (new(#""side":"buy","type":"market","qty":"1","price":"5""#), -1106),
        (new(#""side":"buy","price":"1","qty":"1","account":"""#), -1105),
        (new(#""side":"buy","price":"1","qty":"1","account":"a b""#), -1100),
        (new(#""side":"buy","price":"1","qty":"1","account":"@fees""#), -2015),
        (#"{"op":"new","id":9,"symbol":"Y","side":"buy","price":"1","qty":"1"}"#, -2010),
        (#"{"op":"new","id":1,"symbol":"","side":"buy","price":"1","qty":"1"}"#, -1121),
        (#"{"op":"new","id":1,"symbol":"A B","side":"buy","price":"1","qty":"1"}"#, -1121),
        (
            #"{"op":"new","id":1,"symbol":"A23456789012345678901","#
                + #""side":"buy","price":"1","qty":"1"}"#,
            -1121
        ),
        (#"{"op":"cancel","id":8}"#, -2011),
        (#"{"op":"replace","id":8,"price":"x"}"#, -1100),
        (#"{"op":"replace","id":8}"#, -2011),
        (#"{"op":"replace","id":9,"price":"1.5"}"#, -1111),
        (#"{"op":"replace","id":9,"qty":"0"}"#, -1013),
        (#"{"op":"amend","id":8,"qty":"1"}"#, -2011),
        (#"{"op":"amend","id":9,"qty":"5"}"#, -2038),
        (#"{"op":"amend","id":9,"qty":"6"}"#, -2038),
        (#"{"op":"amend","id":9,"qty":"0"}"#, -1013),
    ]

    @Test(arguments: refused)
    func refusals(line: String, code: Int) throws {
        let first = #"{"op":"new","id":9,"symbol":"X","side":"sell","price":"100","qty":"5"}"#
        let hash = { (options: inout ReplayOptions) in options.printsHash = true }
        let run = try ReplayRun(first + "\n" + line, change: hash)
        #expect(run.failure == nil, "\(run.failure?.message ?? "")")
        try #require(run.lines.count == 3, "\(run.output)")
        #expect(run.lines[1].hasPrefix(#"{"seq":2,"ev":"rejected","op":""#))
        #expect(run.lines[1].contains(#","code":\#(code),"reason":""#), "\(run.lines[1])")
        // A refused command changes no state, a symbol it names for the first time included.
        let alone = try ReplayRun(first, change: hash)
        #expect(run.lines[2].prefix(74) == alone.lines[1].prefix(74))
    }

    // MARK: Reading

    @Test func whitespaceEscapesAndOrderOfKeysDoNotMatter() throws {
        let plain = try ReplayRun(Self.plain)
        for line in [
            "  {\t\"qty\" : \"10\" ,\"price\":\"100\",\"side\":\"buy\",\"symbol\":\"X\",\"id\":1, "
                + "\"op\":\"new\"}\r",
            #"{"op":"n\u0065w","id":1,"symbol":"\u0058","side":"b\u0075y","price":"1\u00300","#
                + #""qty":"10"}"#,
            Self.new(
                #""side":"buy","type":"limit","tif":"GTC","postOnly":false,"#
                    + #""price":"00100.0","qty":"10","stp":"NONE""#
            ),
        ] {
            let run = try ReplayRun(line)
            #expect(run.output == plain.output && run.failure == nil, "\(line)")
        }
    }

    @Test func seqIsTheLineUnlessGiven() throws {
        let run = try ReplayRun(
            """
            {"op":"cancel","id":1}
            {"op":"cancel","seq":7,"id":2}
            {"op":"cancel","seq":9,"id":3}
            {"op":"cancel","id":4}
            """)
        #expect(run.lines.map { $0.prefix(9) } == [#"{"seq":1,"#, #"{"seq":7,"#, #"{"seq":9,"#])
        #expect(run.failure?.message == "in:4: seq 4 does not rise: the one before is 9")
    }

    /// Lines over the ends of the pieces that are read: every length of a line comes up.
    @Test func manyLines() throws {
        var input = ""
        for i in 0..<12_000 {
            let pad = String(repeating: " ", count: i % 97)
            input += #"{"op":"cancel",\#(pad)"id":\#(i)}"# + "\n"
        }
        let run = try ReplayRun(input)
        #expect(run.failure == nil && run.totals?.commands == 12_000)
        #expect(run.lines.count == 12_000)
        for i in [0, 1, 4_999, 11_999] {
            #expect(
                run.lines[i].hasPrefix(
                    #"{"seq":\#(i + 1),"ev":"rejected","op":"cancel","id":\#(i),"#))
        }
    }

    @Test func quietCountsEvents() throws {
        let input = [Self.plain, #"{"op":"cancel","id":1}"#, #"{"op":"cancel","id":1}"#]
            .joined(separator: "\n")
        let run = try ReplayRun(input) {
            $0.printsEvents = false
            $0.printsBook = true
            $0.printsHash = true
        }
        #expect(run.lines.count == 2)
        #expect(run.lines[0] == #"{"book":"X","bids":[],"asks":[]}"#)
        #expect(run.lines[1].hasSuffix(#"","seq":3,"events":3}"#))
        #expect(
            run.totals
                == ReplayTotals(commands: 3, events: 3, rejected: 1, trades: 0, openOrders: 0))
    }

    // MARK: Symbols and ledger

    static func market() throws -> Market {
        try Market.load(
            yaml: """
                - { symbol: BTCUSDT, base: BTC, quote: USDT, tick: "0.01", step: "0.00001" }
                - { symbol: AB, base: A, quote: B, tick: "0.25", step: "0.5", minNotional: 0 }
                - { symbol: HALTED, base: A, quote: B, tick: "1", step: "1", status: HALT }
                """)
    }

    /// engine.md 3's worked example: two accounts, fees of a thousandth.
    @Test func theWorkedExample() throws {
        let run = try ReplayRun(
            """
            {"op":"deposit","account":"u1","asset":"USDT","amount":"1000"}
            {"op":"deposit","account":"u2","asset":"BTC","amount":"0.01"}
            {"op":"new","id":1,"account":"u2",\
            "symbol":"BTCUSDT","side":"sell","price":"49900","qty":"0.004"}
            {"op":"new","id":2,"account":"u1",\
            "symbol":"BTCUSDT","side":"buy","price":"50000","qty":"0.01"}
            """, market: Self.market(), hasLedger: true
        ) {
            $0.printsBook = true
            $0.printsHash = true
        }
        let state = """
            S AB 0
            S BTCUSDT 1
            B 5000000 2 600
            S HALTED 0
            $ @fees BTC 400 0
            $ @fees USDT 19960000 0
            $ u1 BTC 399600 0
            $ u1 USDT 50040000000 30000000000
            $ u2 BTC 600000 0
            $ u2 USDT 19940040000 0

            """
        #expect(
            run.output == """
                {"seq":1,"ev":"deposited","account":"u1","asset":"USDT","amount":"1000.00000000"}
                {"seq":2,"ev":"deposited","account":"u2","asset":"BTC","amount":"0.01000000"}
                {"seq":3,"ev":"accepted","id":1,"side":"sell","price":"49900.00","qty":"0.00400"}
                {"seq":4,"ev":"accepted","id":2,"side":"buy","price":"50000.00","qty":"0.01000"}
                {"seq":4,"ev":"trade","tradeId":1,"price":"49900.00",\
                "qty":"0.00400","maker":1,"taker":2}
                {"book":"AB","bids":[],"asks":[]}
                {"book":"BTCUSDT","bids":[["50000.00","0.00600",1]],"asks":[]}
                {"book":"HALTED","bids":[],"asks":[]}
                {"hash":"\(Sha256.hex(Array(state.utf8)))","seq":4,"events":5}

                """)
    }

    /// A line with ledger and symbols after a deposit of 100 A to u, and the code.
    private static func paid(
        _ symbol: String, _ side: String, _ price: String, _ qty: String
    ) -> String {
        #"{"op":"new","id":1,"account":"u","symbol":"\#(symbol)","side":"\#(side)","#
            + #""price":"\#(price)","qty":"\#(qty)"}"#
    }

    static let refusedBySymbols: [(String, Int)] = [
        (#"{"op":"new","id":1,"symbol":"AB","side":"buy","price":"1","qty":"1"}"#, -1102),
        (paid("NO", "buy", "1", "1"), -1121),
        (paid("NO", "buy", "x", "1"), -1100),
        (paid("HALTED", "buy", "1.123456789", "1"), -2010),
        (paid("AB", "sell", "1.1", "1"), -1013),
        (paid("AB", "sell", "1", "0.7"), -1013),
        (paid("AB", "sell", "1.1", "0.123456789"), -1111),
        (paid("AB", "sell", "1", "100.5"), -2010),
        (paid("AB", "buy", "1", "1"), -2010),
        (#"{"op":"deposit","account":"u","asset":"Z","amount":"1"}"#, -1130),
        (#"{"op":"deposit","account":"u","asset":"A","amount":"0.123456789"}"#, -1111),
        (#"{"op":"deposit","account":"u","asset":"A","amount":"--1"}"#, -1100),
        (#"{"op":"deposit","account":"u","asset":"A","amount":"-"}"#, -1100),
        (#"{"op":"deposit","account":"u","asset":"A","amount":"-100.5"}"#, -2010),
        (#"{"op":"deposit","account":"@fees","asset":"A","amount":"1"}"#, -2015),
        (#"{"op":"deposit","account":"u","asset":"A","amount":"99999999999"}"#, -1013),
    ]

    @Test(arguments: refusedBySymbols)
    func refusalsOfSymbols(line: String, code: Int) throws {
        let run = try ReplayRun(
            #"{"op":"deposit","account":"u","asset":"A","amount":"100"}"# + "\n" + line,
            market: Self.market(), hasLedger: true)
        #expect(run.failure == nil, "\(run.failure?.message ?? "")")
        try #require(run.lines.count == 2, "\(run.output)")
        #expect(run.lines[1].contains(#","code":\#(code),"reason":""#), "\(run.lines[1])")
    }

    @Test func withdrawalAndMarket() throws {
        let run = try ReplayRun(
            """
            {"op":"deposit","account":"u","asset":"A","amount":"2"}
            {"op":"deposit","account":"u","asset":"A","amount":"-0.5"}
            {"op":"new","id":1,"account":"u","symbol":"AB","side":"sell",\
            "type":"market","qty":"1.5"}
            """, market: Self.market(), hasLedger: true)
        #expect(
            run.lines.dropFirst() == [
                #"{"seq":2,"ev":"deposited","account":"u","asset":"A","amount":"-0.50000000"}"#,
                #"{"seq":3,"ev":"accepted","id":1,"side":"sell","price":"0","qty":"1.5"}"#,
                #"{"seq":3,"ev":"canceled","id":1,"side":"sell","price":"0","qty":"1.5","#
                    + #""reason":"market"}"#,
            ])
    }

    /// Every stp mode in print: the words, and "0" after a decrement.
    @Test func preventionInPrint() throws {
        func take(_ mode: String) throws -> [String] {
            let run = try ReplayRun(
                """
                {"op":"new","id":1,"account":"a","symbol":"X","side":"sell","price":"100","qty":"4"}
                {"op":"new","id":2,"account":"a","symbol":"X","side":"buy","price":"100",\
                "qty":"6","stp":"\(mode)"}
                """)
            return Array(run.lines.dropFirst(2))
        }
        func canceled(_ id: Int, _ side: String, _ qty: Int) -> String {
            #"{"seq":2,"ev":"canceled","id":\#(id),"side":"\#(side)","price":"100","#
                + #""qty":"\#(qty)","reason":"stp"}"#
        }
        #expect(
            try take("NONE") == [
                #"{"seq":2,"ev":"trade","tradeId":1,"price":"100","qty":"4","maker":1,"taker":2}"#
            ])
        #expect(try take("EXPIRE_TAKER") == [canceled(2, "buy", 6)])
        #expect(try take("EXPIRE_MAKER") == [canceled(1, "sell", 4)])
        #expect(try take("EXPIRE_BOTH") == [canceled(1, "sell", 4), canceled(2, "buy", 6)])
        #expect(
            try take("DECREMENT") == [
                #"{"seq":2,"ev":"prevented","preventedId":1,"qty":"4","maker":1,"taker":2}"#,
                canceled(1, "sell", 0),
            ])
    }

    /// Sums of a level and notionals may leave 64 bits; nothing traps, nothing wraps.
    @Test func theLargestValues() throws {
        let most = "1000000000000000"
        var input = ""
        for i in 1...9_300 {
            input +=
                #"{"op":"new","id":\#(i),"symbol":"X","side":"buy","#
                + #""price":"\#(most)","qty":"\#(most)"}"#
                + "\n"
        }
        let run = try ReplayRun(input) {
            $0.printsEvents = false
            $0.printsBook = true
        }
        #expect(
            run.lines == [
                #"{"book":"X","bids":[["\#(most)","9300000000000000000",9300]],"asks":[]}"#
            ])
    }
}
