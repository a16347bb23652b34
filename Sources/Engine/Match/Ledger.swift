// Free and locked funds per account and asset, in integers. Confined to the matcher's thread.
//
// Buy at limit P of Q lots: quote free -= PQk, locked += PQk; a fill of q at p: locked -= Pqk,
// free += (P-p)qk, base free += q - fee. Sell likewise the other way round (engine.md 3).

struct Funds: BitwiseCopyable {
    var free: Int64 = 0
    var locked: Int64 = 0
    /// The last command that changed it, as the ledger counts them; 0: never.
    var mark: UInt64 = 0

    var isZero: Bool { free == 0 && locked == 0 }
}

struct Ledger: BitwiseCopyable {
    /// Account that receives the fees.
    static let fees: InlineText = "@fees"

    private(set) var assetCount: Int
    private var positions = SlotTable()
    private(set) var accounts = RawArray<InlineText>()
    /// accounts x assets.
    private(set) var funds = RawArray<Funds>()
    /// Deposits less withdrawals per asset.
    private(set) var deposited = RawArray<Int64>()
    /// Entries changed by the current command, each once.
    private(set) var touched = RawArray<Int>()
    private var mark: UInt64 = 0

    init(assetCount: Int) {
        self.assetCount = assetCount
        for _ in 0..<assetCount { deposited.append(0) }
        _ = account(Self.fees)
    }

    func free() {
        positions.free()
        accounts.free()
        funds.free()
        touched.free()
        deposited.free()
    }

    /// Position of an account; a new one has no funds.
    mutating func account(_ name: InlineText) -> Int32 {
        let hash = SlotHash.of(name)
        let known = positions.find(hash) { accounts[Int($0)] == name }
        if known >= 0 { return known }
        let position = Int32(accounts.count)
        positions.insert(hash, position)
        accounts.append(name)
        for _ in 0..<assetCount { funds.append(Funds()) }
        return position
    }

    /// Position of an account that is there, or -1.
    func position(_ name: InlineText) -> Int32 {
        let accounts = accounts
        return positions.find(SlotHash.of(name)) { accounts.at($0).pointee == name }
    }

    func existing(_ name: InlineText) -> Int32? {
        let known = position(name)
        return known >= 0 ? known : nil
    }

    /// New assets after those there are; nobody has any yet.
    /// - Complexity: O(accounts x assets).
    mutating func add(assets: Int) {
        guard assets > 0 else { return }
        var wider = RawArray<Funds>(capacity: max(16, accounts.count * (assetCount + assets)))
        for account in accounts.indices {
            for asset in 0..<assetCount { wider.append(funds[account * assetCount + asset]) }
            for _ in 0..<assets { wider.append(Funds()) }
        }
        funds.free()
        funds = wider
        assetCount += assets
        for _ in 0..<assets { deposited.append(0) }
    }

    mutating func beginCommand() {
        mark += 1
        touched.removeAll()
    }

    private mutating func touch(_ entry: Int) {
        if funds[entry].mark != mark {
            funds[entry].mark = mark
            touched.append(entry)
        }
    }

    func entry(_ account: Int32, _ asset: UInt16) -> Int { Int(account) * assetCount + Int(asset) }

    func free(_ account: Int32, _ asset: UInt16) -> Int64 { funds[entry(account, asset)].free }

    mutating func addFree(_ account: Int32, _ asset: UInt16, _ amount: Int64) {
        let i = entry(account, asset)
        funds[i].free += amount
        touch(i)
    }

    mutating func lock(_ account: Int32, _ asset: UInt16, _ amount: Int64) {
        let i = entry(account, asset)
        funds[i].free -= amount
        funds[i].locked += amount
        touch(i)
    }

    mutating func unlock(_ account: Int32, _ asset: UInt16, _ amount: Int64) {
        lock(account, asset, -amount)
    }

    mutating func spendLocked(_ account: Int32, _ asset: UInt16, _ amount: Int64) {
        let i = entry(account, asset)
        funds[i].locked -= amount
        touch(i)
    }

    /// Whether `amount` more of an asset stays within 64 bits: all there is, and what all accounts
    /// but `@fees` have, which is more where `@fees` is below 0.
    func hasRoom(_ asset: UInt16, _ amount: Int64) -> Bool {
        let sum = Int128(deposited[Int(asset)]) + Int128(amount)
        return Int64(exactly: sum) != nil
            && sum - min(0, Int128(free(0, asset))) <= Int128(Int64.max)
    }

    /// What `@fees` can pay out at most: all other accounts together hold no more than 64 bits, and
    /// `@fees` itself owes no more.
    private func rebateMost(_ asset: UInt16) -> Int64 {
        let fees = Int128(free(0, asset))
        let others = Int128(deposited[Int(asset)]) - fees
        return Int64(clamping: min(Int128(Int64.max) - others, fees - Int128(Int64.min)))
    }

    /// What forbids a deposit, or a withdrawal where the amount is negative; nil: nothing.
    func obstacle(_ account: InlineText, _ asset: UInt16, _ amount: Int64) -> Rejection? {
        let held = existing(account).map { free($0, asset) } ?? 0
        let (sum, overflow) = held.addingReportingOverflow(amount)
        if overflow || !hasRoom(asset, amount) { return .notional }
        return sum < 0 ? .insufficientBalance : nil
    }

    /// - Precondition: `obstacle` found none.
    mutating func deposit(_ account: Int32, _ asset: UInt16, _ amount: Int64) {
        let i = entry(account, asset)
        funds[i].free += amount
        deposited[Int(asset)] += amount
        touch(i)
    }

    /// Whether an account ever had anything in an asset.
    func hasExisted(_ entry: Int) -> Bool { funds[entry].mark > 0 }

    /// Pays `received` of `asset` less the fee; returns the fee (floor of ppm millionths).
    /// A negative rate is a rebate out of `@fees`, as far as 64 bits go.
    mutating func receive(
        _ account: Int32, _ asset: UInt16, _ received: Int64, ppm: Int64
    ) -> Int64 {
        let (product, overflow) = received.multipliedReportingOverflow(by: abs(ppm))
        let magnitude =
            overflow
            ? Int64(Int128(received) * Int128(abs(ppm)) / 1_000_000) : product / 1_000_000
        let fee = ppm < 0 ? -min(magnitude, rebateMost(asset)) : magnitude
        addFree(account, asset, received - fee)
        if fee != 0 { addFree(0, asset, fee) }
        return fee
    }

    // MARK: From a snapshot

    mutating func restore(deposited amount: Int64, asset: Int) { deposited[asset] = amount }

    /// Funds that have existed; not touched by the current command.
    mutating func restore(free: Int64, locked: Int64, entry: Int) {
        funds[entry] = Funds(free: free, locked: locked, mark: 1)
        mark = max(mark, 1)
    }
}
