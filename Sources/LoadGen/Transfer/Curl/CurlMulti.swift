// The owner of one libcurl multi handle, driven by the multi-socket interface: libcurl says what it
// waits for (socket callback) and when it wants to be called (timer callback); the worker's turn
// calls `ready` and `expire`, then takes what has finished.
//
// Confined to the worker's thread. "curl_multi_socket_action(3)": callbacks come only from inside
// calls we make, so nothing here is ever entered from outside a turn.

import CCurl
import CLinux
import Glibc
import HarnessCore

final class CurlMulti {
    /// A transfer that ended.
    struct Finished {
        let handle: OpaquePointer
        let result: CURLcode
    }

    private let multi: OpaquePointer
    private let poller: Poller
    /// When libcurl wants to be called; nil: not at all.
    private(set) var deadline: Instant?
    /// The turn's clock: libcurl's timeouts count from it.
    var now = Instant(ns: 0)

    init(poller: Poller) throws(SystemError) {
        guard let multi = curl_multi_init() else {
            throw SystemError("curl_multi_init", code: ENOMEM)
        }
        self.multi = OpaquePointer(multi)
        self.poller = poller
        let me = Unmanaged.passUnretained(self).toOpaque()
        // "CURLMOPT_MAXCONNECTS(3): by default, it enlarges the size for each added easy handle to
        // make it fit 4 times the number of added easy handles". A VU's cache would shrink to 4
        // as the last of its parallel transfers ends.
        spot_multi_set_long(handle, CURLMOPT_MAXCONNECTS, Limits.httpConnections)
        spot_multi_set_ptr(handle, CURLMOPT_SOCKETDATA, me)
        spot_multi_set_ptr(handle, CURLMOPT_TIMERDATA, me)
        spot_multi_set_socket(handle) { _, descriptor, what, context, _ in
            guard let context else { return 0 }
            let me = Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue()
            me.socketChanged(descriptor, what)
            return 0
        }
        spot_multi_set_timer(handle) { _, milliseconds, context in
            guard let context else { return 0 }
            let me = Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue()
            me.deadline = milliseconds < 0 ? nil : me.now + .milliseconds(Int64(milliseconds))
            return 0
        }
    }

    deinit { curl_multi_cleanup(handle) }

    private var handle: UnsafeMutableRawPointer { UnsafeMutableRawPointer(multi) }

    private func socketChanged(_ descriptor: Int32, _ what: Int32) {
        switch what {
        case CURL_POLL_IN: poller.want(descriptor, mask: EPOLLIN.rawValue)
        case CURL_POLL_OUT: poller.want(descriptor, mask: EPOLLOUT.rawValue)
        case CURL_POLL_INOUT: poller.want(descriptor, mask: EPOLLIN.rawValue | EPOLLOUT.rawValue)
        default: poller.unwant(descriptor)
        }
    }

    /// Begins a transfer; libcurl asks for an immediate `expire` by its timer.
    func add(_ easy: OpaquePointer) {
        let code = curl_multi_add_handle(handle, UnsafeMutableRawPointer(easy))
        precondition(
            code == CURLM_OK, "curl_multi_add_handle: \(String(cString: curl_multi_strerror(code)))"
        )
    }

    /// Ends a transfer's membership; an unfinished one is cut and its connection closed.
    func remove(_ easy: OpaquePointer) {
        curl_multi_remove_handle(handle, UnsafeMutableRawPointer(easy))
    }

    /// A socket is ready: hands libcurl the real event mask.
    func ready(_ event: Poller.Ready) {
        var mask: Int32 = 0
        if event.events & EPOLLIN.rawValue != 0 { mask |= CURL_CSELECT_IN }
        if event.events & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
        if event.events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
        var running: Int32 = 0
        curl_multi_socket_action(handle, event.descriptor, mask, &running)
    }

    /// Lets libcurl do what its timer asked for, if that is due.
    func expire(_ now: Instant) {
        guard let due = deadline, due <= now else { return }
        deadline = nil
        var running: Int32 = 0
        curl_multi_socket_action(handle, CURL_SOCKET_TIMEOUT, 0, &running)
    }

    /// The next finished transfer, removed from the multi unless its owner lets it stay there.
    func takeFinished() -> Finished? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(handle, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle
            else { continue }
            // "The data the returned pointer points to will not survive calling
            // curl_multi_remove_handle": copied first.
            let finished = Finished(
                handle: OpaquePointer(easy), result: spot_msg_result(message))
            if !CurlClient.of(finished.handle).staysInMulti {
                curl_multi_remove_handle(handle, easy)
            }
            return finished
        }
        return nil
    }
}

@available(*, unavailable)
extension CurlMulti: Sendable {}
