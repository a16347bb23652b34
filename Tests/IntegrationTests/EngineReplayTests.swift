// `spotload engine replay` as a program: the hand cases of engine.md 11 with their hashes, the
// example of docs/replay.md, stdin, exit codes, and the flow that `bench match` emits.

import Foundation
import HarnessCore
import TestSupport
import Testing

@Suite struct EngineReplayTests {
    private struct Ran {
        var code: Int32?
        var output: String
        var errors: String
        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    /// Through a shell, so that stdin is a file and stdout and stderr stay apart.
    private static func replay(
        _ arguments: String, input: String, in directory: TemporaryDirectory
    ) throws -> Ran {
        _ = try directory.write(input, to: "in.jsonl")
        let (out, err) = ("\(directory.path)/out", "\(directory.path)/err")
        let command =
            "cd '\(directory.path)' && '\(RunningProgram.spotload.path)' engine replay "
            + "\(arguments) >'\(out)' 2>'\(err)'"
        let program = try RunningProgram(URL(fileURLWithPath: "/bin/sh"), ["-c", command])
        return Ran(
            code: program.exitCode(within: 120),
            output: try String(contentsOfFile: out, encoding: .utf8),
            errors: try String(contentsOfFile: err, encoding: .utf8))
    }

    // MARK: Hand cases

    /// `B1 10@100 IOC`, `cancel 1`, `replace 2 10@105` as lines.
    private static func line(_ short: String) -> String {
        let words = short.split(separator: " ")
        func decimals(_ word: Substring) -> String {
            let pair = word.split(separator: "@")
            return #""price":"\#(pair[1])","qty":"\#(pair[0])""#
        }
        switch words[0] {
        case "cancel": return #"{"op":"cancel","id":\#(words[1])}"#
        case "replace": return #"{"op":"replace","id":\#(words[1]),\#(decimals(words[2]))}"#
        default:
            let side = words[0].first == "B" ? "buy" : "sell"
            let tif = words.count > 2 ? #","tif":"\#(words[2])""# : ""
            return #"{"op":"new","id":\#(words[0].dropFirst()),"symbol":"X","side":"\#(side)","#
                + decimals(words[1]) + tif + "}"
        }
    }

    private static func accepted(
        _ seq: Int, _ id: Int, _ side: String, _ price: Int, _ qty: Int
    ) -> String {
        #"{"seq":\#(seq),"ev":"accepted","id":\#(id),"side":"\#(side)","#
            + #""price":"\#(price)","qty":"\#(qty)"}"#
    }
    private static func trade(
        _ seq: Int, _ id: Int, _ qty: Int, _ price: Int, _ maker: Int, _ taker: Int
    ) -> String {
        #"{"seq":\#(seq),"ev":"trade","tradeId":\#(id),"price":"\#(price)","qty":"\#(qty)","#
            + #""maker":\#(maker),"taker":\#(taker)}"#
    }
    private static func replaced(
        _ seq: Int, _ id: Int, _ side: String, _ price: Int, _ qty: Int
    ) -> String {
        #"{"seq":\#(seq),"ev":"replaced","id":\#(id),"side":"\#(side)","#
            + #""price":"\#(price)","qty":"\#(qty)"}"#
    }
    private static func rejected(_ seq: Int, _ op: String, _ code: Int, _ reason: String) -> String
    {
        #"{"seq":\#(seq),"ev":"rejected","op":"\#(op)","id":1,"code":\#(code),"#
            + #""reason":"\#(reason)"}"#
    }

    struct HandCase: Sendable, CustomTestStringConvertible {
        var name: String
        var commands: [String]
        var events: [String]
        var hash: String
        var testDescription: String { name }
    }

    static let handCases: [HandCase] = [
        HandCase(
            name: "fifo",
            commands: ["B1 10@100", "B2 10@100", "B3 10@100", "S4 15@100 IOC", "S5 10@100 IOC"],
            events: [
                accepted(1, 1, "buy", 100, 10), accepted(2, 2, "buy", 100, 10),
                accepted(3, 3, "buy", 100, 10), accepted(4, 4, "sell", 100, 15),
                trade(4, 1, 10, 100, 1, 4), trade(4, 2, 5, 100, 2, 4),
                accepted(5, 5, "sell", 100, 10), trade(5, 3, 5, 100, 2, 5),
                trade(5, 4, 5, 100, 3, 5),
            ], hash: "5b1172c9"),
        HandCase(
            name: "maker px",
            commands: ["S1 10@100", "B2 10@105 IOC", "B3 10@200", "S4 10@195 IOC"],
            events: [
                accepted(1, 1, "sell", 100, 10), accepted(2, 2, "buy", 105, 10),
                trade(2, 1, 10, 100, 1, 2), accepted(3, 3, "buy", 200, 10),
                accepted(4, 4, "sell", 195, 10), trade(4, 2, 10, 200, 3, 4),
            ], hash: "f1de4f37"),
        HandCase(
            name: "crossing", commands: ["S1 10@100", "B2 10@90", "replace 2 10@105"],
            events: [
                accepted(1, 1, "sell", 100, 10), accepted(2, 2, "buy", 90, 10),
                trade(3, 1, 10, 100, 1, 2), replaced(3, 2, "buy", 105, 10),
            ], hash: "b582399e"),
        HandCase(
            name: "sibling",
            commands: ["B1 10@100", "B2 10@100", "replace 1 10@99", "S3 10@100 IOC"],
            events: [
                accepted(1, 1, "buy", 100, 10), accepted(2, 2, "buy", 100, 10),
                replaced(3, 1, "buy", 99, 10), accepted(4, 3, "sell", 100, 10),
                trade(4, 1, 10, 100, 2, 3),
            ], hash: "115a2c76"),
        HandCase(
            name: "dead ids",
            commands: [
                "B1 10@100", "cancel 1", "cancel 1", "replace 1 1@100", "B1 5@100", "B1 5@100",
            ],
            events: [
                accepted(1, 1, "buy", 100, 10),
                #"{"seq":2,"ev":"canceled","id":1,"side":"buy","price":"100","qty":"10","#
                    + #""reason":"user"}"#,
                rejected(3, "cancel", -2011, "Unknown order sent."),
                rejected(4, "replace", -2011, "Unknown order sent."),
                accepted(5, 1, "buy", 100, 5),
                rejected(6, "new", -2010, "Duplicate order sent."),
            ], hash: "20366b05"),
    ]

    @Test(arguments: handCases)
    func handCase(_ hand: HandCase) throws {
        let directory = try TemporaryDirectory()
        let input = hand.commands.map(Self.line).joined(separator: "\n") + "\n"
        let ran = try Self.replay("--no-ledger --hash in.jsonl", input: input, in: directory)
        #expect(ran.code == 0 && ran.errors.isEmpty, "\(ran.errors)")
        #expect(Array(ran.lines.dropLast()) == hand.events)
        let last = try #require(ran.lines.last)
        #expect(last.hasPrefix(#"{"hash":"\#(hand.hash)"#), "\(last)")
        #expect(
            last.hasSuffix(
                #"","seq":\#(hand.commands.count),"events":\#(hand.events.count)}"#))
    }

    @Test func theExampleOfTheDocument() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(
            contentsOf: root.appendingPathComponent("docs/replay.md"), encoding: .utf8)
        let block = try #require(text.components(separatedBy: "```console\n").dropFirst().first)
            .components(separatedBy: "\n```")[0]
        let parts = block.components(separatedBy: "$ ")
        try #require(parts.count == 3)
        let (input, session) = (parts[1], parts[2])
        let commands = input.split(separator: "\n").dropFirst().joined(separator: "\n") + "\n"
        let call = try #require(session.split(separator: "\n").first)
            .replacingOccurrences(of: "spotload engine replay ", with: "")
            .replacingOccurrences(of: "orders.jsonl", with: "in.jsonl")
        let directory = try TemporaryDirectory()
        let ran = try Self.replay(call, input: commands, in: directory)
        #expect(ran.lines == session.split(separator: "\n").dropFirst().map(String.init))
    }

    // MARK: Files, errors

    @Test func stdinAndRepetition() throws {
        let directory = try TemporaryDirectory()
        let input = Self.handCases[0].commands.map(Self.line).joined(separator: "\n")
        let first = try Self.replay(
            "--no-ledger --book --hash in.jsonl", input: input, in: directory)
        for arguments in ["< in.jsonl", "- < in.jsonl"] {
            let ran = try Self.replay(
                "--no-ledger --book --hash --stats \(arguments)", input: input, in: directory)
            #expect(ran.code == 0 && ran.output == first.output)
            #expect(ran.errors.hasPrefix("5 commands in "), "\(ran.errors)")
            #expect(
                ran.errors.contains("9 events, 4 trades, 0 rejected; 1 open orders; peak memory"))
        }
    }

    static let failures: [(String, Int32, String)] = [
        ("in.jsonl", 64, "add --no-ledger or --symbols"),
        ("--no-ledger nothere.jsonl", 69, "cannot read nothere.jsonl: No such file or directory"),
        ("--no-ledger .", 69, "cannot read .: Is a directory"),
        ("--no-ledger in.jsonl", 104, "in.jsonl:2: op is missing"),
        ("--no-ledger < in.jsonl", 104, "stdin:2: op is missing"),
        ("--symbols nothere.yaml in.jsonl", 104, "--symbols nothere.yaml: "),
        ("--no-ledger --nonsense", 64, "Unknown option '--nonsense'"),
    ]

    @Test(arguments: failures)
    func failure(arguments: String, code: Int32, words: String) throws {
        let directory = try TemporaryDirectory()
        var input = Self.line("B1 10@100") + "\n"
        if code == 104 { input += "{}\n" }
        let ran = try Self.replay(arguments, input: input, in: directory)
        #expect(ran.code == code, "\(ran.errors)")
        #expect(ran.errors.contains(words), "\(ran.errors)")
        if words.contains("op is missing") {
            // The line is told as it stands, after the events before it.
            #expect(ran.errors == words + "\n" && ran.lines.count == 1)
        }
    }

    @Test func aFullDiskIsTold() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.write(Self.line("B1 10@100"), to: "in.jsonl")
        let program = try RunningProgram(
            URL(fileURLWithPath: "/bin/sh"),
            [
                "-c",
                "'\(RunningProgram.spotload.path)' engine replay --no-ledger "
                    + "'\(directory.path)/in.jsonl' > /dev/full",
            ])
        #expect(program.exitCode(within: 60) == 69)
        #expect(program.output.contains("cannot write events: No space left on device"))
    }

    /// `spotload engine` without a subcommand still serves, with its own options.
    @Test func theEngineStillServes() throws {
        let directory = try TemporaryDirectory()
        let program = try RunningProgram(
            RunningProgram.spotload,
            ["engine", "--bind", "127.0.0.1:0", "--data-dir", "\(directory.path)/data"])
        #expect(program.line(containing: "listening http://127.0.0.1:") != nil)
        program.kill(SIGTERM)
        #expect(program.exitCode(within: 60) == 0)
    }

    // MARK: The benchmark's flow

    @Test func theEmittedFlowComesToTheSameHash() throws {
        let directory = try TemporaryDirectory()
        let file = "\(directory.path)/flow.jsonl"
        let arguments = [
            "bench", "match", "--tables", "3", "--repeats", "2", "--seed", "7", "--commands",
            "3000", "--json", "--emit-commands", file,
        ]
        let bench = try RunningProgram(RunningProgram.spotload, arguments)
        #expect(bench.exitCode(within: 300) == 0, "\(bench.output)")
        let top = try #require(
            try JSONSerialization.jsonObject(with: Data(bench.output.utf8)) as? [String: Any])
        let rows = try #require(top["mixed"] as? [[String: Any]])
        #expect(rows.map { $0["path"] as? String } == ["engine", "book only", "heap"])
        let hash = try #require(rows[1]["hash"] as? String)
        // All three did the same work.
        #expect(Set(rows.compactMap { $0["trades"] as? Int }).count == 1)
        #expect(Set(rows.compactMap { $0["openOrders"] as? Int }).count == 1)
        let ran = try Self.replay(
            "--no-ledger --quiet --hash '\(file)'", input: "", in: directory)
        #expect(ran.code == 0, "\(ran.errors)")
        #expect(ran.output.hasPrefix(#"{"hash":"\#(hash)","seq":6000,"events":"#), "\(ran.output)")
    }
}
