// SPDX-License-Identifier: Apache-2.0
import ApusAuth
import ApusCore
import Foundation

extension AuthConfiguration {
    /// What verifies tokens as this configuration says, with the keys read from their files and variables.
    ///
    /// - Throws: ``InvalidConfiguration`` with every key that can't be read or used, without its material.
    func verifier(environment: [String: String]) async throws(InvalidConfiguration) -> any RequestAuthenticator {
        var problems: [ConfigurationProblem] = []
        var verificationKeys: [VerificationKey] = []
        for key in keys {
            guard let algorithm = SignatureAlgorithm(rawValue: key.algorithm) else {
                problems.append(ConfigurationProblem("auth.keys.\(key.id).algorithm", "is not known: \(key.algorithm)"))
                continue
            }
            guard let material = key.material.read(environment) else {
                problems.append(ConfigurationProblem("auth.keys.\(key.id)", "can't be read from \(key.material)"))
                continue
            }
            verificationKeys.append(
                key.algorithm.hasPrefix("HS")
                    ? .secret(material, algorithm: algorithm, id: key.id)
                    : .pem(material, algorithm: algorithm, id: key.id))
        }
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        #if JWT
            let rules = TokenRules(issuer: issuer, audiences: audience.map { [$0] } ?? [], leeway: leeway)
            return try await TokenVerifier(keys: verificationKeys, rules: rules)
        #else
            throw InvalidConfiguration([
                ConfigurationProblem("auth", "this build can't verify tokens: it was made without the trait JWT")
            ])
        #endif
    }
}

extension SecretReference: CustomStringConvertible {
    /// Where the secret is.
    public var description: String {
        switch self {
        case .file(let path): "the file \(path)"
        case .environment(let name): "the environment variable \(name)"
        }
    }

    /// The secret, or nil if it isn't there.
    func read(_ environment: [String: String]) -> String? {
        switch self {
        case .environment(let name): return environment[name].flatMap { $0.isEmpty ? nil : $0 }
        case .file(let path):
            guard let data = FileManager.default.contents(atPath: path), data.count <= 64 << 10,
                var text = String(data: data, encoding: .utf8)
            else { return nil }
            if text.hasSuffix("\n") { text.removeLast() }
            if text.hasSuffix("\r") { text.removeLast() }
            return text.isEmpty ? nil : text
        }
    }
}
