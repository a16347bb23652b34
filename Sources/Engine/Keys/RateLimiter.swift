// Requests per second of each account: a token bucket of N tokens that fills at N a second
// (engine.md 1, --rate-limit).
//
// A bucket that nobody has touched for a second is full, which is what an unknown account has too:
// it may be forgotten. So there are two generations of buckets; when the younger is a second old,
// the older is dropped. Memory is bounded by the accounts of two seconds, and by `accountsMax`:
// beyond it accounts not yet seen are refused.

import HarnessCore
import Synchronization

final class RateLimiter: Sendable {
    static let accountsMax = 100_000

    private struct Bucket {
        var tokens: Double
        var at: Instant
    }
    private struct State {
        var young: [InlineText: Bucket] = [:]
        var old: [InlineText: Bucket] = [:]
        var since: Instant
    }
    private let perSecond: Double
    private let state: Mutex<State>

    /// - Parameter perSecond: from 1 up.
    init(perSecond: Int, now: Instant = Instant.now()) {
        self.perSecond = Double(perSecond)
        state = Mutex(State(since: now))
    }

    /// Takes a token; false where there is none. Thread-safe.
    func admits(_ account: InlineText, now: Instant) -> Bool {
        state.withLock { state in
            if now - state.since >= .seconds(1) {
                // After a pause of two seconds all buckets are full.
                state.old = now - state.since < .seconds(2) ? state.young : [:]
                state.young = [:]
                state.since = now
            }
            let known = state.young[account] ?? state.old[account]
            if known == nil, state.young.count >= Self.accountsMax { return false }
            var bucket = known ?? Bucket(tokens: perSecond, at: now)
            bucket.tokens = min(
                perSecond, bucket.tokens + max(0, (now - bucket.at).seconds) * perSecond)
            bucket.at = max(bucket.at, now)
            let isAdmitted = bucket.tokens >= 1
            if isAdmitted { bucket.tokens -= 1 }
            state.young[account] = bucket
            return isAdmitted
        }
    }

    /// Buckets in memory.
    var bucketCount: Int { state.withLock { $0.young.count + $0.old.count } }
}
