// Ctrl-C and SIGTERM as events: the first asks for a graceful stop, the second for an abort.

import Dispatch
import Foundation
import Synchronization

/// Watches SIGINT and SIGTERM for as long as it lives.
final class SignalWatcher {
    private let sources: [any DispatchSourceSignal]

    /// `onSignal` gets 1 for the first signal, 2 for the second and so on; called on a global
    /// queue. Returns when signals are heard: sources register behind the back of who resumes them,
    /// and a signal that comes before would be ignored.
    init(onSignal: @escaping @Sendable (Int) -> Void) {
        let counter = Counter(onSignal: onSignal)
        let registered = DispatchSemaphore(value: 0)
        sources = [SIGINT, SIGTERM].map { number in
            // The default action would end the process before the source is asked.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { counter.arrived() }
            source.setRegistrationHandler { registered.signal() }
            source.resume()
            return source
        }
        for _ in sources { registered.wait() }
    }

    deinit { sources.forEach { $0.cancel() } }

    private final class Counter: Sendable {
        private let count = Mutex(0)
        private let onSignal: @Sendable (Int) -> Void
        init(onSignal: @escaping @Sendable (Int) -> Void) { self.onSignal = onSignal }
        func arrived() {
            let n = count.withLock { value in
                value += 1
                return value
            }
            onSignal(n)
        }
    }
}
