// A scanned line as a command: which keys each operation takes, what is left out, what words mean
// (engine.md 8). What is wrong here ends the replay; what an exchange would refuse is a Rejection
// and becomes an event.

import HarnessCore

extension ReplayScanner {
    enum Operation: BitwiseCopyable {
        case new, cancel, replace, amend, deposit

        var name: StaticString {
            switch self {
            case .new: "new"
            case .cancel: "cancel"
            case .replace: "replace"
            case .amend: "amend"
            case .deposit: "deposit"
            }
        }
    }

    private static func bits(_ keys: ReplayKey...) -> UInt16 { keys.reduce(0) { $0 | $1.bit } }

    private static let always = bits(.op, .seq)
    private static let keysOfNew =
        always
        | bits(
            .id, .account, .symbol, .side, .type, .tif, .postOnly, .price, .qty, .stp)
    private static let keysOfCancel = always | bits(.id)
    private static let keysOfReplace = always | bits(.id, .price, .qty)
    private static let keysOfAmend = always | bits(.id, .qty)
    private static let keysOfDeposit = always | bits(.account, .asset, .amount)

    /// The operation, with no key that is none of its own.
    func operation() throws(ReplayProblem) -> Operation {
        guard let op = try text(.op) else { throw ReplayProblem(text: "op is missing") }
        let operation: Operation
        let allowed: UInt16
        switch op.word {
        case 0x77_656e: (operation, allowed) = (.new, Self.keysOfNew)
        case 0x6c65_636e_6163: (operation, allowed) = (.cancel, Self.keysOfCancel)
        case 0x65_6361_6c70_6572: (operation, allowed) = (.replace, Self.keysOfReplace)
        case 0x64_6e65_6d61: (operation, allowed) = (.amend, Self.keysOfAmend)
        case 0x74_6973_6f70_6564: (operation, allowed) = (.deposit, Self.keysOfDeposit)
        default:
            throw unknown("op", op, "new, cancel, replace, amend, deposit")
        }
        let extra = present & ~allowed
        if extra != 0 {
            let key = ReplayKey(rawValue: extra.trailingZeroBitCount)?.name ?? ""
            throw ReplayProblem(text: "unknown key \"\(key)\" in op \(operation.name)")
        }
        return operation
    }

    func required(_ key: ReplayKey) throws(ReplayProblem) -> ReplayText {
        guard let value = try text(key) else { throw ReplayProblem(text: "\(key.name) is missing") }
        return value
    }

    func requiredID() throws(ReplayProblem) -> UInt64 {
        guard let id = try whole(.id) else { throw ReplayProblem(text: "id is missing") }
        return id
    }

    // MARK: Words

    func side() throws(ReplayProblem) -> Side {
        let text = try required(.side)
        switch text.word {
        case 0x79_7562: return .buy
        case 0x6c6c_6573: return .sell
        default: throw unknown("side", text, "buy, sell")
        }
    }

    func type() throws(ReplayProblem) -> OrderType {
        guard let text = try text(.type) else { return .limit }
        switch text.word {
        case 0x74_696d_696c: return .limit
        case 0x7465_6b72_616d: return .market
        default: throw unknown("type", text, "limit, market")
        }
    }

    func timeInForce() throws(ReplayProblem) -> TimeInForce {
        guard let text = try text(.tif) else { return .gtc }
        switch text.word {
        case 0x43_5447: return .gtc
        case 0x43_4f49: return .ioc
        case 0x4b_4f46: return .fok
        default: throw unknown("tif", text, "GTC, IOC, FOK")
        }
    }

    func selfTrade() throws(ReplayProblem) -> SelfTradePrevention {
        guard let text = try text(.stp) else { return .none }
        if text.word == 0x454e_4f4e { return .none }
        switch text.string {
        case "EXPIRE_TAKER": return .expireTaker
        case "EXPIRE_MAKER": return .expireMaker
        case "EXPIRE_BOTH": return .expireBoth
        case "DECREMENT": return .decrement
        default:
            throw unknown(
                "stp", text, "NONE, EXPIRE_TAKER, EXPIRE_MAKER, EXPIRE_BOTH, DECREMENT")
        }
    }

    private func unknown(_ key: String, _ text: ReplayText, _ known: String) -> ReplayProblem {
        ReplayProblem(text: "unknown \(key) \"\(ReplayScanner.shown(text))\": one of \(known)")
    }
}

extension ReplayText {
    /// A name of 1 to 39 printable ASCII characters without quotes and backslashes, so that it is
    /// the same in JSON; nil for any other.
    var name: InlineText? {
        guard count > 0, count <= InlineText.capacity else { return nil }
        var text: InlineText = ""
        let isPlain = withUnsafeMutableBytes(of: &text.words) { raw in
            raw[InlineText.capacity] = UInt8(truncatingIfNeeded: count)
            var isPlain = true
            for i in 0..<count {
                let byte = start.load(fromByteOffset: i, as: UInt8.self)
                raw[i] = byte
                let isQuote = byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
                if byte <= 32 || byte > 126 || isQuote { isPlain = false }
            }
            return isPlain
        }
        return isPlain ? text : nil
    }
}
