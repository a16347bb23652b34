// The journal's record (engine.md 4), little-endian, 8-byte aligned, never across segments:
//
//   0         4         8     9      10      12          20            28          8+len   pad to 8
//   | len u32 | crc u32 | ver | kind | back  | seq u64   | received    | body      | zeros |
//   |         | CRC-32C |  1  | u8   | u16   |           | Unix ns u64 |           |       |
//
//   len: bytes from 8 to the end of the body; len 0 is the end of the written part.
//   crc: over the 4 len bytes, then bytes 8 ..< 8+len.   back: records before it in its batch.

import HarnessCore

/// Why bytes are no record.
package enum JournalRecordError: Error, Equatable, Sendable {
    /// Length, checksum, version or body do not hold up.
    case invalid
    /// The checksum holds, yet version, kind or body are not known: no torn write looks like that.
    case unreadable
    /// len 0: nothing was written here.
    case empty
}

package enum JournalRecord {
    package static let version: UInt8 = 1
    static let headerBytes = 28
    /// Bytes of the header that `len` counts.
    static let countedHeader = 20

    /// Appends the record of `command`, padded to 8 bytes.
    package static func append(_ command: Command, back: UInt16, to out: inout [UInt8]) {
        let start = out.count
        out.append(contentsOf: repeatElement(0, count: 8))
        out.append(version)
        out.append(kind(command.body))
        put(back, &out)
        put(command.seq, &out)
        put(command.receivedNs, &out)
        appendBody(command.body, &out)
        let length = UInt32(out.count - start - 8)
        withUnsafeBytes(of: length.littleEndian) {
            out.replaceSubrange(start..<start + 4, with: $0)
        }
        let crc = out.withUnsafeBytes { raw in
            let lengthCRC = CRC32C.checksum(
                UnsafeRawBufferPointer(rebasing: raw[start..<start + 4]))
            return CRC32C.checksum(
                UnsafeRawBufferPointer(rebasing: raw[(start + 8)...]), seed: lengthCRC)
        }
        withUnsafeBytes(of: crc.littleEndian) {
            out.replaceSubrange(start + 4..<start + 8, with: $0)
        }
        while (out.count - start) % 8 != 0 { out.append(0) }
    }

    private static func kind(_ body: Command.Body) -> UInt8 {
        switch body {
        case .new: 1
        case .cancel: 2
        case .cancelAll: 3
        case .cancelReplace: 4
        case .amend: 5
        case .deposit: 6
        case .config: 11
        case .fund: 13
        }
    }

    private static func appendBody(_ body: Command.Body, _ out: inout [UInt8]) {
        switch body {
        case .new(let order): appendNew(order, &out)
        case .cancel(let order): appendCancel(order, &out)
        case .cancelReplace(let pair):
            out.append(pair.stopsOnFailure ? 1 : 0)
            appendCancel(pair.cancel, &out)
            appendNew(pair.new, &out)
        case .cancelAll(let symbol, let account):
            put(symbol, &out)
            putText(account, &out)
        case .amend(let order):
            put(order.symbol, &out)
            put(order.orderID, &out)
            put(order.quantity, &out)
            putText(order.account, &out)
            putText(order.clientOrderID, &out)
        case .config(let change): out.append(contentsOf: change.text)
        case .deposit(let deposit):
            put(deposit.asset, &out)
            put(deposit.amount, &out)
            putText(deposit.account, &out)
            putText(deposit.depositID, &out)
        case .fund(let fund):
            put(fund.accounts, &out)
            put(fund.amount, &out)
        }
    }

    /// symbol u16, orderId u64, restriction u8, accountLen u8, account, clientIdLen u8, clientId.
    private static func appendCancel(_ order: CancelOrder, _ out: inout [UInt8]) {
        put(order.symbol, &out)
        put(order.orderID, &out)
        out.append(order.restriction.rawValue)
        putText(order.account, &out)
        putText(order.clientOrderID, &out)
    }

    /// apiId u64, reqNo u64, symbol u16, side, type, tif, stp, flags, accountLen u8, price i64,
    /// qty i64, account, clientIdLen u8, clientId.
    private static func appendNew(_ order: NewOrder, _ out: inout [UInt8]) {
        put(order.apiID, &out)
        put(order.requestNumber, &out)
        put(order.symbol, &out)
        out.append(order.side.rawValue)
        out.append(order.type.rawValue)
        out.append(order.timeInForce.rawValue)
        out.append(order.selfTrade.rawValue)
        out.append((order.postOnly ? 1 : 0) | (order.quantityIsQuote ? 2 : 0))
        out.append(UInt8(order.account.count))
        put(order.price, &out)
        put(order.quantity, &out)
        order.account.withBytes { out.append(contentsOf: $0) }
        putText(order.clientOrderID, &out)
    }

    private static func put(_ value: some FixedWidthInteger, _ out: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { out.append(contentsOf: $0) }
    }

    private static func putText(_ text: InlineText, _ out: inout [UInt8]) {
        out.append(UInt8(text.count))
        text.withBytes { out.append(contentsOf: $0) }
    }

    /// Reads the record at `offset`.
    ///
    /// - Returns: the command, its `back`, and the offset of the next record.
    package static func read(
        _ bytes: UnsafeRawBufferPointer, at offset: Int
    ) throws(JournalRecordError) -> (command: Command, back: UInt16, next: Int) {
        guard offset + 8 <= bytes.count else { throw .empty }
        let length = Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian)
        guard length > 0 else { throw .empty }
        guard length >= countedHeader, length <= Limits.journalRecordBytes,
            offset + 8 + length <= bytes.count
        else { throw .invalid }
        let crc = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self).littleEndian
        let lengthCRC = CRC32C.checksum(
            UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + 4]))
        let counted = UnsafeRawBufferPointer(rebasing: bytes[(offset + 8)..<(offset + 8 + length)])
        guard CRC32C.checksum(counted, seed: lengthCRC) == crc else { throw .invalid }
        guard counted[0] == version else { throw .unreadable }
        var cursor = RecordCursor(bytes: counted, position: 2)
        let back: UInt16 = try cursor.integer()
        let seq: UInt64 = try cursor.integer()
        let received: UInt64 = try cursor.integer()
        let body = try readBody(kind: counted[1], &cursor)
        guard cursor.position == counted.count else { throw .unreadable }
        let next = offset + (8 + length + 7) & ~7
        return (Command(seq: seq, receivedNs: received, body: body), back, next)
    }

    private static func readBody(
        kind: UInt8, _ cursor: inout RecordCursor
    ) throws(JournalRecordError) -> Command.Body {
        switch kind {
        case 1: return .new(try readNew(&cursor))
        case 2: return .cancel(try readCancel(&cursor))
        case 4:
            let mode: UInt8 = try cursor.integer()
            guard mode <= 1 else { throw .unreadable }
            return .cancelReplace(
                CancelReplace(
                    cancel: try readCancel(&cursor), new: try readNew(&cursor),
                    stopsOnFailure: mode == 1))
        case 3: return .cancelAll(symbol: try cursor.integer(), account: try cursor.text())
        case 5:
            let symbol: UInt16 = try cursor.integer()
            let orderID: UInt64 = try cursor.integer()
            let quantity: Int64 = try cursor.integer()
            return .amend(
                AmendOrder(
                    symbol: symbol, account: try cursor.text(), orderID: orderID,
                    clientOrderID: try cursor.text(), quantity: quantity))
        case 11: return .config(MarketChange(cursor.rest()))
        case 6:
            let asset: UInt16 = try cursor.integer()
            let amount: Int64 = try cursor.integer()
            return .deposit(
                Deposit(
                    account: try cursor.text(), asset: asset, amount: amount,
                    depositID: try cursor.text()))
        case 13: return .fund(Fund(accounts: try cursor.integer(), amount: try cursor.integer()))
        default: throw .unreadable
        }
    }

    private static func readCancel(
        _ cursor: inout RecordCursor
    ) throws(JournalRecordError) -> CancelOrder {
        let symbol: UInt16 = try cursor.integer()
        let orderID: UInt64 = try cursor.integer()
        let restriction: UInt8 = try cursor.integer()
        guard let restriction = CancelRestriction(rawValue: restriction) else { throw .unreadable }
        return CancelOrder(
            symbol: symbol, account: try cursor.text(), orderID: orderID,
            clientOrderID: try cursor.text(), restriction: restriction)
    }

    private static func readNew(
        _ cursor: inout RecordCursor
    ) throws(JournalRecordError) -> NewOrder {
        let apiID: UInt64 = try cursor.integer()
        let requestNumber: UInt64 = try cursor.integer()
        let symbol: UInt16 = try cursor.integer()
        guard let side = Side(rawValue: try cursor.integer()),
            let type = OrderType(rawValue: try cursor.integer()),
            let timeInForce = TimeInForce(rawValue: try cursor.integer()),
            let selfTrade = SelfTradePrevention(rawValue: try cursor.integer())
        else { throw .unreadable }
        let flags: UInt8 = try cursor.integer()
        let accountLength: UInt8 = try cursor.integer()
        let price: Int64 = try cursor.integer()
        let quantity: Int64 = try cursor.integer()
        return NewOrder(
            apiID: apiID, requestNumber: requestNumber, symbol: symbol, side: side, type: type,
            timeInForce: timeInForce, selfTrade: selfTrade, postOnly: flags & 1 != 0,
            quantityIsQuote: flags & 2 != 0, price: price, quantity: quantity,
            account: try cursor.text(length: Int(accountLength)), clientOrderID: try cursor.text())
    }
}

/// A cursor over a checked record; running out is an error.
private struct RecordCursor {
    let bytes: UnsafeRawBufferPointer
    var position: Int

    mutating func integer<T: FixedWidthInteger>() throws(JournalRecordError) -> T {
        let size = MemoryLayout<T>.size
        guard position + size <= bytes.count else { throw .unreadable }
        defer { position += size }
        return T(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: T.self))
    }

    /// All that is left.
    mutating func rest() -> UnsafeRawBufferPointer {
        defer { position = bytes.count }
        return UnsafeRawBufferPointer(rebasing: bytes[position...])
    }

    mutating func text() throws(JournalRecordError) -> InlineText {
        let length: UInt8 = try integer()
        return try text(length: Int(length))
    }

    mutating func text(length: Int) throws(JournalRecordError) -> InlineText {
        guard position + length <= bytes.count,
            let text = InlineText(bytes[position..<position + length])
        else { throw .unreadable }
        position += length
        return text
    }
}
