// SPDX-License-Identifier: Apache-2.0
public import ApusHTTP

/// One address that the gateway serves.
public struct ListenerConfiguration: Equatable, Sendable {
    /// Where to listen; port 0 picks a free one.
    public var address: BindAddress
    /// The certificate it shows; nil for plain HTTP.
    public var tls: ServerTLSConfiguration?

    public init(address: BindAddress, tls: ServerTLSConfiguration? = nil) {
        self.address = address
        self.tls = tls
    }
}

/// The PEM files of a listener that speaks TLS.
public struct ServerTLSConfiguration: Equatable, Sendable {
    /// The certificate chain, leaf first.
    public var certificate: String
    /// The private key.
    public var key: String

    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}
