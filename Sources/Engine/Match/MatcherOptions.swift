// How a matcher is meant to work; fixed for its life.

package struct MatcherOptions: Sendable, Equatable, BitwiseCopyable {
    /// Accounts pay with what they have. Without it funds are unlimited: nothing is locked, there
    /// are no fees and no limits per account, and an account is a name only.
    package var ledger = true
    /// Client ids are free again once their order has ended (`--client-id-reuse terminal`).
    package var freesClientIDs = false
    /// Finished orders stay findable, and hold their client ids, for so many commands.
    package var retention: UInt64 = 1_000_000
    /// Orders are numbered by who sends them (`replay`): one number space for all symbols, a number
    /// is free again once its order has ended. Such a matcher takes `replay`, others `apply`.
    package var callersNumbers = false
    /// `Effects.events` is filled; the chained hash covers them either way.
    package var keepsEvents = true

    package init() {}
}
