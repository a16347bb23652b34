// Answers on their way to one event loop. The matcher answers a batch of commands at a time: the
// loop is woken once for all that are waiting, not once per answer.

import NIOCore
import Synchronization

final class Outbox: Sendable {
    private struct Letter {
        var answer: APIAnswer
        var serial: UInt64
        var connection: NIOLoopBound<HTTPConnection>
    }
    private struct State {
        var letters: [Letter] = []
        /// The loop has been told and has not come yet.
        var isCalled = false
    }
    private let state = Mutex(State())
    let loop: any EventLoop

    init(loop: any EventLoop) { self.loop = loop }

    /// From any thread; at once where that is the loop's.
    func send(_ answer: APIAnswer, serial: UInt64, to connection: NIOLoopBound<HTTPConnection>) {
        if loop.inEventLoop { return connection.value.deliver(answer, serial: serial) }
        let calls = state.withLock { state in
            state.letters.append(Letter(answer: answer, serial: serial, connection: connection))
            defer { state.isCalled = true }
            return !state.isCalled
        }
        if calls { loop.execute { self.deliver() } }
    }

    private func deliver() {
        let letters = state.withLock { state in
            defer { state = State() }
            return state.letters
        }
        for letter in letters {
            letter.connection.value.deliver(letter.answer, serial: letter.serial)
        }
    }
}
