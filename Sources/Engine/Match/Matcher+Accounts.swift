// The accounts, for an administrator's list.

extension Matcher {
    /// Names in the order in which they first appeared, after `name`; nil where that is unknown.
    package func accounts(after name: InlineText?, limit: Int) -> [InlineText]? {
        var first = 0
        if let name {
            guard let position = ledger.existing(name) else { return nil }
            first = Int(position) + 1
        }
        let end = min(ledger.accounts.count, first + limit)
        return first < end ? (first..<end).map { ledger.accounts[$0] } : []
    }
}
