// SPDX-License-Identifier: Apache-2.0
import NIOSSL

/// The server's side of TLS: 1.2 and above.
public struct ServerTLS: Sendable, Hashable {
    /// A PEM file with the certificate, followed by its intermediates.
    public var certificateFile: String
    /// A PEM file with the private key.
    public var privateKeyFile: String
    /// A PEM file with the authorities whose client certificates are accepted. Nil asks for no client certificate.
    public var clientAuthoritiesFile: String?

    public init(certificateFile: String, privateKeyFile: String, clientAuthoritiesFile: String? = nil) {
        self.certificateFile = certificateFile
        self.privateKeyFile = privateKeyFile
        self.clientAuthoritiesFile = clientAuthoritiesFile
    }

    func context() throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile(certificateFile).map { NIOSSLCertificateSource.certificate($0) }
        let key = try NIOSSLPrivateKey(file: privateKeyFile, format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let clientAuthoritiesFile {
            configuration.trustRoots = .file(clientAuthoritiesFile)
            configuration.certificateVerification = .noHostnameVerification
        }
        return try NIOSSLContext(configuration: configuration)
    }
}
