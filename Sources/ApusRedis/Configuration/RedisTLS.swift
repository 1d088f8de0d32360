// SPDX-License-Identifier: Apache-2.0
import NIOSSL

/// The client's side of TLS: 1.2 and above, the server's certificate and name always verified.
public struct RedisTLS: Sendable, Hashable {
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

    /// Reads the files.
    func context() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let authoritiesFile { configuration.trustRoots = .file(authoritiesFile) }
        if let certificateFile, let privateKeyFile {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificateFile).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: privateKeyFile, format: .pem))
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
