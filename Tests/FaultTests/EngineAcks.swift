// What clients noted, one file per client in the form of `acks.<slot>.log` (engine.md 10), and what
// it says of every order: the oracle for an engine that was killed.

import Foundation
import HarnessCore

/// One line: a request at its end.
struct AckLine {
    enum Operation: String { case new = "n", cancel = "c", amend = "a" }
    enum Outcome: String { case ok, rejected, unknown }
    var operation: Operation
    var clientID: String
    var outcome: Outcome
    var orderID = "-"
    var account: String
    var symbol: String
    var side = "-"
    var price = "-"
    var quantity = "-"
    var status = 0
    var code = "-"

    var text: String {
        let now = WallClock.unixNs()
        return [
            operation.rawValue, clientID, outcome.rawValue, orderID, account, symbol, side,
            side == "-" ? "-" : "LIMIT", price, quantity, "\(now)", "\(now)", "\(now)",
            "\(status)", code,
        ].joined(separator: " ") + "\n"
    }

    init(
        _ operation: Operation, _ clientID: String, _ outcome: Outcome, account: String,
        symbol: String
    ) {
        self.operation = operation
        self.clientID = clientID
        self.outcome = outcome
        self.account = account
        self.symbol = symbol
    }

    init?(_ line: Substring) {
        let f = line.split(separator: " ").map(String.init)
        guard f.count == 15, let operation = Operation(rawValue: f[0]),
            let outcome = Outcome(rawValue: f[2])
        else { return nil }
        self.init(operation, f[1], outcome, account: f[4], symbol: f[5])
        orderID = f[3]
        side = f[6]
        price = f[8]
        quantity = f[9]
        status = Int(f[13]) ?? 0
        code = f[14]
    }

    /// By the answer: 2xx; 4xx and 503 with -1008; everything else.
    static func outcome(_ answer: EngineWire.Answer?) -> Outcome {
        guard let answer else { return .unknown }
        if answer.status / 100 == 2 { return .ok }
        let isShed = answer.status == 503 && answer.json["code"] as? Int == -1008
        return answer.status / 100 == 4 || isShed ? .rejected : .unknown
    }
}

/// A client's own file. Used by one thread.
final class AckFile {
    private let handle: FileHandle

    init(_ path: String, tag: String) throws {
        try Data().write(to: URL(fileURLWithPath: path))
        handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        handle.write(Data("#spotload-acks 1 run=kill slot=0 tag=\(tag)\n".utf8))
    }

    func note(_ line: AckLine) { handle.write(Data(line.text.utf8)) }

    static func lines(_ path: String) throws -> [AckLine] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.compactMap { AckLine($0) }
    }
}

/// What the lines of all clients say of one order.
struct KnownOrder {
    var account: String
    var symbol: String
    var clientID: String
    var placed: AckLine.Outcome
    var orderID = "-"
    var side: String
    var price: String
    var quantity: String
    /// Cancels and amends that were acknowledged, or may have happened.
    var isCanceled = false
    var mayBeCanceled = false
    var quantities: Set<String>

    init(_ line: AckLine) {
        account = line.account
        symbol = line.symbol
        clientID = line.clientID
        placed = line.outcome
        orderID = line.orderID
        side = line.side
        price = line.price
        quantity = line.quantity
        quantities = [line.quantity]
    }

    mutating func add(_ line: AckLine) {
        switch (line.operation, line.outcome) {
        case (.new, let outcome):
            // Any ok makes it ok; without one, any unknown makes it unknown.
            if outcome == .ok || placed == .rejected { placed = outcome }
            if line.orderID != "-" { orderID = line.orderID }
        case (.cancel, .ok): isCanceled = true
        case (.cancel, .unknown): mayBeCanceled = true
        case (.amend, .ok): quantities = [line.quantity]
        case (.amend, .unknown): quantities.insert(line.quantity)
        default: break
        }
    }

    static func all(_ lines: [AckLine]) -> [String: KnownOrder] {
        var orders: [String: KnownOrder] = [:]
        for line in lines {
            let key = line.account + " " + line.clientID
            if orders[key] == nil {
                guard line.operation == .new else { continue }
                orders[key] = KnownOrder(line)
            } else {
                orders[key]?.add(line)
            }
        }
        return orders
    }

    /// What is wrong with the engine's answer about the order; nil: nothing.
    func complaint(_ answer: EngineWire.Answer) -> String? {
        let found = answer.status == 200
        switch placed {
        case .ok where !found: return "\(clientID): acknowledged and lost: \(answer.text)"
        case .rejected where found: return "\(clientID): rejected, yet there: \(answer.text)"
        case .unknown where !found, .rejected: return nil
        default: break
        }
        let json = answer.json
        func text(_ key: String) -> String { json[key] as? String ?? "" }
        func same(_ a: String, _ b: String) -> Bool { Double(a) == Double(b) }
        guard text("symbol") == symbol, text("side") == side, same(text("price"), price),
            text("clientOrderId") == clientID,
            quantities.contains(where: { same($0, text("origQty")) })
        else {
            return "\(clientID): not as sent (\(side) \(quantities) at \(price)): \(answer.text)"
        }
        if orderID != "-", orderID != "-1", orderID != "\(json["orderId"] as? Int ?? 0)" {
            return "\(clientID): acknowledged as order \(orderID): \(answer.text)"
        }
        if isCanceled, text("status") != "CANCELED" {
            return "\(clientID): cancel acknowledged, yet \(text("status"))"
        }
        if text("status") == "CANCELED", !isCanceled, !mayBeCanceled {
            return "\(clientID): canceled by nobody"
        }
        return nil
    }
}
