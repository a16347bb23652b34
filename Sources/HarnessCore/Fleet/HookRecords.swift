// What setup and teardown leave in Redis (fleet.md sections 1 and 2): the answer of the agent that
// ran one, and the captures that all agents get. Captures are data of the run, never secrets.

/// A capture of `setup`: its text, and what JSON makes of it.
package struct SetupCapture: Codable, Sendable, Equatable {
    /// `text`, `number` or `json`.
    package var kind: String
    package var text: String
    package init(kind: String, text: String) {
        self.kind = kind
        self.text = text
    }
}

/// `out:<i>`: how setup or teardown ended on slot i.
package struct HookRecord: FleetRecord {
    package var v = 1
    package var run: String
    package var epoch: UInt64
    /// `setup` or `teardown`.
    package var hook: String
    /// What failed; absent where nothing did.
    package var failure: String?
    package var captures: [String: SetupCapture]

    package init(
        run: String, epoch: UInt64, hook: String, failure: String?,
        captures: [String: SetupCapture]
    ) {
        self.run = run
        self.epoch = epoch
        self.hook = hook
        self.failure = failure
        self.captures = captures
    }
}

/// `data`: the captures of `setup`, for every agent, before the start.
package struct SetupRecord: FleetRecord {
    package var v = 1
    package var run: String
    package var captures: [String: SetupCapture]

    package init(run: String, captures: [String: SetupCapture]) {
        self.run = run
        self.captures = captures
    }
}
