// The thread of a `ScriptedServer`: poll(2) over its connections, answers at their time. Confined
// to that thread; a test's few connections, so each turn looks at all of them.

import Glibc
import HarnessCore
import Synchronization

final class ScriptedServerLoop {
    private let listener: Int32
    private let stop: Int32
    private let log: ScriptedLog
    private let script: @Sendable (ScriptedServer.Request) -> ScriptedServer.Reply
    private var connections: [ScriptedConnection] = []
    private var accepted = 0
    private var received = 0

    init(
        listener: Int32, stop: Int32, log: ScriptedLog,
        script: @escaping @Sendable (ScriptedServer.Request) -> ScriptedServer.Reply
    ) {
        self.listener = listener
        self.stop = stop
        self.log = log
        self.script = script
    }

    /// Until the other end of `stop` is closed.
    func run() {
        makeNonblocking(listener)
        while true {
            var sockets = [pollfd(fd: stop, events: 0, revents: 0), polled(listener)]
            for connection in connections {
                sockets.append(polled(connection.descriptor, writes: connection.hasOutput))
            }
            poll(&sockets, nfds_t(sockets.count), timeout)
            if sockets[0].revents != 0 { break }
            for (i, connection) in connections.enumerated() where sockets[i + 2].revents != 0 {
                connection.transfer()
            }
            if sockets[1].revents != 0 { acceptAll() }
            serve()
            for connection in connections where connection.isOver {
                close(connection.descriptor)
            }
            connections.removeAll(where: \.isOver)
            log.open.withLock { $0 = connections.count }
        }
        for connection in connections { close(connection.descriptor) }
        close(listener)
        close(stop)
    }

    private func polled(_ descriptor: Int32, writes: Bool = false) -> pollfd {
        pollfd(fd: descriptor, events: Int16(writes ? POLLIN | POLLOUT : POLLIN), revents: 0)
    }

    /// Until the next answer is due, in ms.
    private var timeout: Int32 {
        guard let due = connections.compactMap(\.due).min() else { return -1 }
        return (due - Instant.now()).pollMilliseconds
    }

    private func acceptAll() {
        while true {
            let descriptor = accept(listener, nil, nil)
            guard descriptor >= 0 else { return }
            makeNonblocking(descriptor)
            var one: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, 4)
            connections.append(ScriptedConnection(descriptor: descriptor, number: accepted))
            accepted += 1
            log.connections.withLock { $0 += 1 }
        }
    }

    private func serve() {
        for connection in connections {
            while var request = connection.takeRequest() {
                request.number = received
                request.receivedAt = Instant.now()
                received += 1
                log.requests.withLock { $0.append(request) }
                let reply = script(request)
                // Standing still is what is to be simulated here: nobody is served meanwhile.
                if reply.freeze > .zero { poll(nil, 0, reply.freeze.pollMilliseconds) }
                connection.answer(reply, at: Instant.now() + reply.delay)
            }
            connection.sendIfDue(Instant.now())
        }
    }

    private func makeNonblocking(_ descriptor: Int32) {
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }
}
