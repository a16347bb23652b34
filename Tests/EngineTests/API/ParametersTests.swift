// Parameters from query, form and JSON, and the table of agents.

import HarnessCore
import Testing

@testable import Engine

@Suite struct ParametersTests {
    private static func parse(
        query: String = "", body: String = "", isJSON: Bool = true
    ) throws(Rejection) -> Parameters {
        let query = Array(query.utf8)
        let body = Array(body.utf8)
        var result: Result<Parameters, Rejection>?
        query.withUnsafeBytes { q in
            body.withUnsafeBytes { b in
                result = Result { () throws(Rejection) in
                    try Parameters(query: q, body: b, isJSON: isJSON)
                }
            }
        }
        guard let result else { preconditionFailure("set above") }
        return try result.get()
    }

    private static func text(_ p: Parameters, _ name: ParameterName) -> String? {
        p[name].map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func theQueryWins() throws {
        let p = try Self.parse(
            query: "symbol=A&side=%42UY&price=",
            body: #"{"symbol":"B","quantity":1.50,"limit":null,"type":"L\u0049M\/","fromId":-1e2}"#)
        #expect(Self.text(p, .symbol) == "A" && Self.text(p, .side) == "BUY")
        #expect(Self.text(p, .price) == "" && Self.text(p, .quantity) == "1.50")
        #expect(Self.text(p, .limit) == nil && Self.text(p, .type) == "LIM/")
        #expect(Self.text(p, .fromId) == "-1e2" && !p.hasUnknownName)
        let form = try Self.parse(query: "symbol=A", body: "symbol=B&asset=a+b", isJSON: false)
        #expect(Self.text(form, .symbol) == "A" && Self.text(form, .asset) == "a b")
        #expect(try Self.parse(body: #" { "color" : true , "sidE":1 } "#).hasUnknownName)
        #expect(try Self.parse(body: "{}").names == 0)
        let pair = try Self.parse(body: #"{"symbol":"a\uD83D\ude00\u00fcb"}"#)
        #expect(Self.text(pair, .symbol) == "a\u{1F600}\u{FC}b")
    }

    @Test(
        arguments: [
            ("symbol=A&symbol=A", "", -1101), ("", #"{"side":1,"side":2}"#, -1101),
            ("a=%4", "", -1100),
            ("a=%zz", "", -1100), ("", "{", -1135), ("", "[]", -1135), ("", #"{"a":}"#, -1135),
            ("", #"{"a":1,}"#, -1135), ("", #"{"a":1}x"#, -1135), ("", #"{"a":{}}"#, -1135),
            ("", #"{"a":[1]}"#, -1135), ("", #"{"a":01}"#, -1135), ("", #"{"a":1.}"#, -1135),
            ("", #"{"a":-}"#, -1135), ("", #"{"a":1e}"#, -1135), ("", #"{"a":nul}"#, -1135),
            ("", #"{"a":"\q"}"#, -1135), ("", #"{"a":"\ud800"}"#, -1135),
            ("", #"{"a":"\u+041"}"#, -1135), ("", #"{"a":"\ud83d\u0041"}"#, -1135),
            ("", #"{"a":"\ude00\ud83d"}"#, -1135), ("", #"{"a":"\ud83d\"}"#, -1135),
            ("", "{\"a\":\"\n\"}", -1135),
            ("", #"{"a":"b}"#, -1135), ("", #"{a:1}"#, -1135), ("", #"{"a" 1}"#, -1135),
            ("", #"{,"a":1}"#, -1135),
        ] as [(String, String, Int32)])
    func refuses(query: String, body: String, code: Int32) {
        let rejection = #expect(throws: Rejection.self) {
            try Self.parse(query: query, body: body)
        }
        #expect(rejection?.code == code)
    }

    @Test func agentsAreBounded() {
        let statistics = EngineStatistics()
        func agent(_ name: String) -> EngineStatistics.Agent? {
            Array(name.utf8).withUnsafeBytes { statistics.agent($0) }
        }
        for name in ["", "a b", "a\"b", "a\\", String(repeating: "a", count: 65)] {
            #expect(agent(name) == nil, "\(name)")
        }
        for n in 1...1_000 { #expect(agent("a\(n)") != nil) }
        #expect(agent("one-more") == nil)
        agent("a7")?.requested()
        agent("a7")?.requested()
        agent("a7")?.answered()
        let counts = statistics.agentList.first { $0.name == "a7" }?.counts
        #expect(counts?.requests == 2 && counts?.responses == 1)
        #expect(statistics.agentList.count == 1_000)
    }
}
