// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Words for why a connection could not be made.
enum ConnectFailure {
    static func text(_ error: any Error) -> String {
        switch error {
        case let error as IOError: text(errno: error.errnoCode)
        case ChannelError.connectTimeout: "it took longer than the connect timeout"
        case let error as NIOConnectionError: text(error)
        default: "\(error)"
        }
    }

    private static func text(_ error: NIOConnectionError) -> String {
        if let first = error.connectionErrors.first { return text(first.error) }
        if error.dnsAError != nil || error.dnsAAAAError != nil { return "the name \(error.host) can't be resolved" }
        return "all addresses failed"
    }

    private static func text(errno code: CInt) -> String {
        switch code {
        case ECONNREFUSED: "connection refused"
        case ENOENT: "the socket file doesn't exist"
        case EHOSTUNREACH, ENETUNREACH: "no route to the host"
        case EMFILE, ENFILE: "no file descriptor is left"
        case EADDRNOTAVAIL: "no local port is left"
        default: String(cString: strerror(code))
        }
    }
}
