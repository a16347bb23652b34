// Bytes that came on an idle HTTP/1 connection, to no request: after a response, more than it said.
// They must not become the answer of the next request, which libcurl before 8.0 would make of them:
// its check of a kept connection takes bytes that wait for a sign of life.

import CCurl
import Glibc

enum StrayBytes {
    /// Makes the connection a dead one where such bytes wait; libcurl then opens another.
    ///
    /// "connect(2): TCP sockets may be dissolved by connecting to an address with the sa_family
    /// member set to AF_UNSPEC": what waits is dropped, the peer gets a reset.
    static func refuse(_ descriptor: Int32) {
        var byte: UInt8 = 0
        guard
            recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) > 0
        else { return }
        var nowhere = sockaddr()
        nowhere.sa_family = sa_family_t(AF_UNSPEC)
        if connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size)) == 0 { return }
        // A Unix socket cannot be dissolved: it is emptied, a megabyte at most, and shut.
        var dropped = [UInt8](repeating: 0, count: 64 << 10)
        for _ in 0..<16 {
            guard recv(descriptor, &dropped, dropped.count, Int32(MSG_DONTWAIT)) > 0 else {
                break
            }
        }
        shutdown(descriptor, Int32(SHUT_RDWR))
    }
}
