// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOPosix
import NIOSSL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Words for why a connection could not be made or has failed.
enum ConnectText {
    static func of(_ error: any Error) -> String {
        switch error {
        case let error as IOError: text(errno: error.errnoCode)
        // Its handlers are gone, as they are when it has ended.
        case is ChannelPipelineError: "the server closed the connection"
        case ChannelError.connectTimeout: "it took longer than the connect timeout"
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { of($0.error) } ?? "the name \(error.host) can't be resolved"
        case let error as NIOSSLError: text(tls: "\(error)")
        case is NIOSSLExtraError: "TLS: the server's certificate is for another name"
        case is BoringSSLError: text(tls: "\(error)")
        default: "\(error)"
        }
    }

    /// BoringSSL doesn't tell which of them it is.
    private static func text(tls error: String) -> String {
        guard error.contains("CERTIFICATE_VERIFY_FAILED") else { return "TLS: \(error)" }
        return "TLS: the server's certificate isn't from a trusted authority, or has expired"
    }

    private static func text(errno code: CInt) -> String {
        switch code {
        case ECONNREFUSED: "connection refused"
        case ECONNRESET: "the server reset the connection"
        case ENOENT: "the socket file doesn't exist"
        case EHOSTUNREACH, ENETUNREACH: "no route to the host"
        case EMFILE, ENFILE: "no file descriptor is left"
        default: String(cString: strerror(code))
        }
    }
}
