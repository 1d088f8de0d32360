// SPDX-License-Identifier: Apache-2.0
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Why a server could not begin to listen.
public struct ServerStartError: Error, Sendable, CustomStringConvertible {
    /// The kind of error. New codes may be added: switch with a default.
    public struct Code: Hashable, Sendable {
        let name: String

        /// Somebody else listens on the address.
        public static let addressInUse = Code(name: "address in use")
        /// The process may not listen there, for example on a port below 1,024.
        public static let permissionDenied = Code(name: "permission denied")
        /// The address is not one of this machine, or a name that can't be resolved.
        public static let addressNotAvailable = Code(name: "address not available")
        /// Certificate or key can't be read or don't belong together.
        public static let invalidTLS = Code(name: "invalid TLS configuration")
        /// A value of the configuration is out of range.
        public static let invalidConfiguration = Code(name: "invalid configuration")
        /// Anything else.
        public static let bindFailed = Code(name: "bind failed")
    }

    /// What kind of error it is.
    public let code: Code
    /// Where the server should have listened.
    public let address: BindAddress
    /// The cause in detail, for a person.
    public let reason: String

    init(_ code: Code, address: BindAddress, _ reason: String) {
        self.code = code
        self.address = address
        self.reason = reason
    }

    init(binding address: BindAddress, _ error: any Error) {
        let code: Code =
            switch (error as? IOError)?.errnoCode {
            case EADDRINUSE: .addressInUse
            case EACCES, EPERM: .permissionDenied
            case EADDRNOTAVAIL: .addressNotAvailable
            case nil: .addressNotAvailable
            default: .bindFailed
            }
        self.init(code, address: address, "\(error)")
    }

    public var description: String { "cannot listen on \(address): \(code.name) (\(reason))" }
}
