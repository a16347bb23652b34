// Sleeping on a thread of our own, on the monotonic clock: a step of the wall clock must not
// lengthen it. Never on the cooperative pool.

import Glibc

package enum Pause {
    /// Sleeps `span`, rounded up to a millisecond; a signal may end it early.
    package static func sleep(_ span: TimeSpan) {
        guard span > .zero else { return }
        _ = poll(nil, 0, span.pollMilliseconds)
    }
}
