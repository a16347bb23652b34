// What happens where libcurl wants a socket, in both lanes: the one place that knows the resolved
// address before anything goes there.

import CCurl
import CLinux
import Glibc

enum SocketHook {
    /// - Parameters:
    ///   - url: of the request, or of its origin; names the host that was asked for.
    ///   - refusal: why the rule refuses the address, in words; nil: it does not.
    ///   - error: errno of socket(2), 0 where it succeeded or was not called.
    /// - Returns: the socket; `CURL_SOCKET_BAD` where the address is refused or none is left.
    static func open(
        _ address: UnsafeMutablePointer<curl_sockaddr>, rule: AddressRule, url: [UInt8],
        options: EasyOptions, refusal: inout String?, error: inout Int32
    ) -> Int32 {
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else {
            return CURL_SOCKET_BAD
        }
        // The address is longer than the `sockaddr` it is declared as: read in its place.
        let bytes = UnsafeRawPointer(address) + offset
        refusal = rule.objection(
            family: address.pointee.family,
            address: bytes.assumingMemoryBound(to: sockaddr.self), url: url)
        guard refusal == nil else { return CURL_SOCKET_BAD }
        let descriptor = socket(
            address.pointee.family, address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue),
            address.pointee.protocol)
        error = descriptor >= 0 ? 0 : errno
        if descriptor >= 0, options.interface != nil { bindWithoutPort(descriptor) }
        return descriptor
    }

    /// "ip(7), IP_BIND_ADDRESS_NO_PORT: inform the kernel to not reserve an ephemeral port when
    /// using bind(2) with a port number of 0": the port is chosen by connect(2), so that all
    /// targets together may have more connections from a local address than it has ports.
    private static func bindWithoutPort(_ descriptor: Int32) {
        var one: Int32 = 1
        // Losing the error is right: a socket that is no IPv4 one keeps the kernel's usual way.
        _ = setsockopt(descriptor, Int32(IPPROTO_IP), bindAddressNoPort, &one, 4)
    }

    private static let bindAddressNoPort: Int32 = 24
}
