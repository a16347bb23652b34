// What an order command looks like: the texts of `${order.*}` and, for `from: order`, the HTTP
// request of the bundled engine (engine.md section 2). Immutable, shared by all workers.
//
//     new      POST   /api/v3/order                  JSON, newOrderRespType RESULT
//     retry    the new order it repeats, byte for byte
//     bad      a new order with a defect
//     cancel   DELETE /api/v3/order                  ?symbol=..&origClientOrderId=ref
//     replace  POST   /api/v3/order/cancelReplace    JSON, STOP_ON_FAILURE, ref -> id
//     query    GET    /api/v3/order                  ?symbol=..&origClientOrderId=ref
//
// Ids are `<runTag><s>.<lane>.<k>` in base 36, s the scenario's place in name order.

import HarnessCore
import ScenarioModel

final class OrderText: Sendable {
    private let idPrefix: [UInt8]
    private let symbols: [Symbol]
    /// A symbol that the model does not have.
    private let unknownSymbol: Symbol
    /// A tick is `tickUnits` / 10^tickDecimals.
    private let tick: Step
    private let lot: Step
    private let orderURL: [UInt8]
    private let replaceURL: [UInt8]

    private struct Symbol: Sendable {
        let plain: [UInt8]
        let json: [UInt8]
        let query: [UInt8]

        init(_ name: String) {
            plain = Array(name.utf8)
            json = CompiledText.encoded(.text(name), .json)
            query = CompiledText.encoded(.text(name), .percent)
        }
    }

    private struct Step: Sendable {
        let units: UInt64
        let decimals: Int
    }

    init(_ model: OrderModel, target: [UInt8], runTag: String, place: Int) throws(CommandFailure) {
        var prefix = Array(runTag.utf8)
        ByteText.append36(UInt64(place), to: &prefix)
        prefix.append(UInt8(ascii: "."))
        idPrefix = prefix
        symbols = model.symbols.map { Symbol($0) }
        var unknown = "UNKNOWN"
        while model.symbols.contains(unknown) { unknown += "X" }
        unknownSymbol = Symbol(unknown)
        tick = try Self.step(model.tick, "tick")
        lot = try Self.step(model.lot, "lot")
        orderURL = target + Array("/api/v3/order".utf8)
        replaceURL = orderURL + Array("/cancelReplace".utf8)
    }

    /// `0.01` is 1 unit of 2 decimals.
    private static func step(_ text: String, _ name: String) throws(CommandFailure) -> Step {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let digits = parts.joined()
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let units = UInt64(digits), (1...100_000_000).contains(units), digits.count <= 18
        else {
            throw CommandFailure(
                .badConfiguration, "\(name) must be a decimal number greater than 0, is '\(text)'")
        }
        return Step(units: units, decimals: parts.count == 2 ? parts[1].count : 0)
    }

    // MARK: Fields

    /// Appends `field` of `command`; false where the command has no such thing.
    func append(_ field: OrderField, of c: OrderCommand, to out: inout [UInt8]) -> Bool {
        switch field {
        case .op: append(c.operation.text, to: &out)
        case .type: append(Self.type(c.type), to: &out)
        case .tif:
            guard c.duration != .none else { return false }
            append(Self.duration(c.duration), to: &out)
        case .side: append(Self.side(c), to: &out)
        case .symbol: out.append(contentsOf: symbol(c).plain)
        case .account: ByteText.append(Int64(c.account), to: &out)
        case .price:
            guard c.priceTicks != 0 else { return false }
            appendPrice(c, to: &out)
        case .qty: appendQuantity(c, to: &out)
        case .priceTicks:
            guard c.priceTicks != 0 else { return false }
            ByteText.append(c.priceTicks, to: &out)
        case .qtyLots: ByteText.append(c.lots, to: &out)
        case .id: appendID(c, c.idPosition, to: &out)
        case .ref:
            guard let reference = c.reference else { return false }
            appendID(c, reference, to: &out)
        case .defect:
            guard let defect = c.defect else { return false }
            append(defect.text, to: &out)
        }
        return true
    }

    /// Fields that are numbers, not texts, in JSON.
    static func isNumber(_ field: OrderField) -> Bool {
        field == .account || field == .priceTicks || field == .qtyLots
    }

    private static func type(_ type: OrderType) -> StaticString {
        switch type {
        case .limit: "LIMIT"
        case .limitMaker: "LIMIT_MAKER"
        case .market: "MARKET"
        }
    }

    private static func duration(_ duration: OrderDuration) -> StaticString {
        switch duration {
        case .none: ""
        case .gtc: "GTC"
        case .ioc: "IOC"
        case .fok: "FOK"
        }
    }

    private static func side(_ c: OrderCommand) -> StaticString {
        if c.defect == .badSide { return "HOLD" }
        return c.isSell ? "SELL" : "BUY"
    }

    private func symbol(_ c: OrderCommand) -> Symbol {
        c.defect == .unknownSymbol ? unknownSymbol : symbols[c.symbol]
    }

    private func appendPrice(_ c: OrderCommand, to out: inout [UInt8]) {
        if c.priceTicks < 0 { out.append(UInt8(ascii: "-")) }
        ByteText.append(
            c.priceTicks.magnitude * tick.units, decimals: tick.decimals, to: &out)
        if c.defect == .badPrecision { appendNinthDecimal(to: &out) }
    }

    /// More decimals than any symbol may have, which is 8; the last one not 0, for trailing zeros
    /// are free.
    private func appendNinthDecimal(to out: inout [UInt8]) {
        if tick.decimals == 0 { out.append(UInt8(ascii: ".")) }
        for _ in 0..<max(0, 8 - tick.decimals) { out.append(UInt8(ascii: "0")) }
        out.append(UInt8(ascii: "1"))
    }

    private func appendQuantity(_ c: OrderCommand, to out: inout [UInt8]) {
        ByteText.append(UInt64(c.lots) * lot.units, decimals: lot.decimals, to: &out)
    }

    private func appendID(_ c: OrderCommand, _ position: UInt64, to out: inout [UInt8]) {
        out.append(contentsOf: idPrefix)
        ByteText.append36(c.lane, to: &out)
        out.append(UInt8(ascii: "."))
        ByteText.append36(position, to: &out)
    }

    private func append(_ text: StaticString, to out: inout [UInt8]) {
        out.append(
            contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    // MARK: Requests

    static func method(_ operation: OrderOperation) -> HTTPMethod {
        switch operation {
        case .new, .replace, .retry, .bad: .post
        case .cancel: .delete
        case .query: .get
        }
    }

    static func hasBody(_ operation: OrderOperation) -> Bool { method(operation) == .post }

    func appendURL(_ c: OrderCommand, to out: inout [UInt8]) {
        switch c.operation {
        case .new, .retry, .bad: out.append(contentsOf: orderURL)
        case .replace: out.append(contentsOf: replaceURL)
        case .cancel, .query:
            out.append(contentsOf: orderURL)
            append("?symbol=", to: &out)
            out.append(contentsOf: symbols[c.symbol].query)
            append("&origClientOrderId=", to: &out)
            appendID(c, c.reference ?? c.position, to: &out)
        }
    }

    /// `X-MBX-APIKEY: u<n>`, ended by NUL as header lines are.
    func appendAccountHeader(_ c: OrderCommand, to out: inout [UInt8]) {
        append("X-MBX-APIKEY: u", to: &out)
        ByteText.append(Int64(c.account), to: &out)
        out.append(0)
    }

    /// The JSON of an order; nothing for a cancel or query.
    func appendBody(_ c: OrderCommand, to out: inout [UInt8]) {
        guard Self.hasBody(c.operation) else { return }
        append("{\"symbol\":\"", to: &out)
        out.append(contentsOf: symbol(c).json)
        append("\",\"side\":\"", to: &out)
        append(Self.side(c), to: &out)
        append("\",\"type\":\"", to: &out)
        append(Self.type(c.type), to: &out)
        if c.duration != .none {
            append("\",\"timeInForce\":\"", to: &out)
            append(Self.duration(c.duration), to: &out)
        }
        append("\",\"quantity\":\"", to: &out)
        appendQuantity(c, to: &out)
        if c.priceTicks != 0 {
            append("\",\"price\":\"", to: &out)
            appendPrice(c, to: &out)
        }
        if c.operation == .replace, let reference = c.reference {
            append("\",\"cancelReplaceMode\":\"STOP_ON_FAILURE", to: &out)
            append("\",\"cancelOrigClientOrderId\":\"", to: &out)
            appendID(c, reference, to: &out)
        }
        append("\",\"newClientOrderId\":\"", to: &out)
        appendID(c, c.idPosition, to: &out)
        append("\",\"newOrderRespType\":\"RESULT\"}", to: &out)
        if c.defect == .malformedBody { out.removeLast() }
    }
}
