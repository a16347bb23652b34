// Runs what blocks on a thread of its own and waits for it asynchronously: the cooperative pool is
// never held up.

import HarnessCore

enum Blocking {
    static func run<R: Sendable>(
        name: String = "blocking", _ body: @escaping @Sendable () -> R
    ) async -> R {
        await withCheckedContinuation { continuation in
            _ = DedicatedThread(name: name) { continuation.resume(returning: body()) }
        }
    }
}
