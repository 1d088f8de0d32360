// SPDX-License-Identifier: Apache-2.0
import ApusCore
import NIOSSL

extension GatewayConfiguration {
    /// Reads every file that TLS needs, so that one that is missing is said at the start and not at the first request.
    ///
    /// - Throws: ``InvalidConfiguration`` with every file that can't be read or used.
    func checkTLS() throws(InvalidConfiguration) {
        var problems: [ConfigurationProblem] = []
        for (index, listener) in listeners.enumerated() {
            guard let tls = listener.tls else { continue }
            problems += Self.problems(tls, "listeners[\(index)].tls")
        }
        for service in services {
            guard let ca = service.tls?.ca, Self.certificates(ca) == nil else { continue }
            problems.append(
                ConfigurationProblem("services.\(service.name).tls.ca", "no certificates (PEM) can be read from \(ca)"))
        }
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
    }

    private static func problems(_ tls: ServerTLSConfiguration, _ path: String) -> [ConfigurationProblem] {
        var problems: [ConfigurationProblem] = []
        let chain = certificates(tls.certificate)
        let key = privateKey(tls.key)
        problems.require(
            chain != nil, "\(path).certificate", "no certificates (PEM) can be read from \(tls.certificate)")
        problems.require(key != nil, "\(path).key", "no private key (PEM) can be read from \(tls.key)")
        guard let chain, let key else { return problems }
        do {
            _ = try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key)))
        } catch {
            problems.append(
                ConfigurationProblem(
                    "\(path).key", "\(tls.key) is not the key of the first certificate of \(tls.certificate)"))
        }
        return problems
    }

    /// Nil if there is none.
    private static func certificates(_ path: String) -> [NIOSSLCertificate]? {
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(path)
            return certificates.isEmpty ? nil : certificates
        } catch {
            return nil
        }
    }

    private static func privateKey(_ path: String) -> NIOSSLPrivateKey? {
        do { return try NIOSSLPrivateKey(file: path, format: .pem) } catch { return nil }
    }
}
