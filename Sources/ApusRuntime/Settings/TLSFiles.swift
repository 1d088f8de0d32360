// SPDX-License-Identifier: Apache-2.0

/// The files that a server's TLS is made of, in PEM.
public struct TLSFiles: Sendable, Hashable {
    /// The certificate and its chain.
    public var certificate: String
    /// The private key of the certificate.
    public var key: String

    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }

    /// Reads `TLS_CERT_FILE` and `TLS_KEY_FILE`; nil if neither is given. One without the other is a problem.
    public init?(from settings: inout Settings) {
        let certificate = settings.path("TLS_CERT_FILE", "certificate chain (PEM); none: plain HTTP")
        let key = settings.path("TLS_KEY_FILE", "private key of the certificate (PEM)")
        switch (certificate, key) {
        case (nil, nil): return nil
        case (let certificate?, let key?): self.init(certificate: certificate, key: key)
        case (_?, nil):
            settings.reject("TLS_CERT_FILE", "is given without TLS_KEY_FILE; expected both or neither")
            return nil
        case (nil, _?):
            settings.reject("TLS_KEY_FILE", "is given without TLS_CERT_FILE; expected both or neither")
            return nil
        }
    }
}
