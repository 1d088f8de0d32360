// SPDX-License-Identifier: Apache-2.0
public import ApusHTTP

extension ServiceSettings {
    /// A server that listens where the settings say, with TLS if they name its files.
    public var server: HTTPServerConfiguration {
        HTTPServerConfiguration(
            address: .tcp(host: host, port: port),
            tls: tls.map { ServerTLS(certificateFile: $0.certificate, privateKeyFile: $0.key) })
    }
}
