// SPDX-License-Identifier: Apache-2.0

/// The client's side of TLS: the server's certificate and name always verified.
public struct NATSTLS: Sendable, Hashable {
    /// A PEM file with the authorities to trust; nil trusts those of the system.
    public var authoritiesFile: String?
    /// A PEM file with the certificate that this client shows, if it has one.
    public var certificateFile: String?
    /// The private key of the certificate.
    public var privateKeyFile: String?

    public init(authoritiesFile: String? = nil, certificateFile: String? = nil, privateKeyFile: String? = nil) {
        self.authoritiesFile = authoritiesFile
        self.certificateFile = certificateFile
        self.privateKeyFile = privateKeyFile
    }
}
