// SPDX-License-Identifier: Apache-2.0
public import ApusCore

extension VerificationKey {
    /// The keys of a JSON web key set (RFC 7517) that sign tokens.
    ///
    /// Each key is pinned to its `alg`; an EC or OKP key without one to that of its curve. Keys for encryption and of
    /// unknown types are passed over, as the RFC asks. What makes the whole set unusable: a private key, a signing key
    /// that can't be read, no signing key at all.
    ///
    /// - Parameters:
    ///   - json: the text of the set.
    ///   - rsaAlgorithm: for RSA keys without `alg`, which some issuers publish. Default nil: such a key is refused.
    /// - Throws: ``InvalidConfiguration`` with every problem, named `keys[0].alg` and the like.
    public static func jwks(
        _ json: String, rsaAlgorithm: SignatureAlgorithm? = nil
    ) throws(InvalidConfiguration) -> [VerificationKey] {
        let members: [String: ClaimValue]
        do {
            members = try ClaimsReader.object(Array(json.utf8))
        } catch {
            throw InvalidConfiguration([ConfigurationProblem("jwks", "is not proper JSON")])
        }
        guard case .array(let entries) = members["keys"] else {
            throw InvalidConfiguration([ConfigurationProblem("keys", "must be an array of keys")])
        }
        var problems: [ConfigurationProblem] = []
        var keys: [VerificationKey] = []
        for (index, entry) in entries.enumerated() {
            guard case .object(let key) = entry else {
                problems.append(ConfigurationProblem("keys[\(index)]", "must be an object"))
                continue
            }
            if let key = read(key, path: "keys[\(index)]", rsaAlgorithm: rsaAlgorithm, &problems) { keys.append(key) }
        }
        problems.require(!keys.isEmpty || !problems.isEmpty, "keys", "holds no key that signs tokens")
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        return keys
    }

    /// The key, or nil if it is to be passed over or has a problem.
    private static func read(
        _ key: [String: ClaimValue], path: String, rsaAlgorithm: SignatureAlgorithm?,
        _ problems: inout [ConfigurationProblem]
    ) -> VerificationKey? {
        guard key["use"] == nil || key["use"] == .string("sig"), verifies(key["key_ops"]) else { return nil }
        let kind = key["kty"]?.string
        guard kind == "oct" || kind == "RSA" || kind == "EC" || kind == "OKP" else { return nil }
        guard key["d"] == nil else {
            problems.append(ConfigurationProblem("\(path).d", "is a private key, which a verifier must not hold"))
            return nil
        }
        guard
            let algorithm = algorithm(of: key, path: path, rsaAlgorithm: rsaAlgorithm, &problems)
        else { return nil }
        func field(_ name: String, bytes: Int? = nil) -> String? {
            guard let text = key[name]?.string, let decoded = Base64URL.decode(text.utf8),
                bytes == nil ? !decoded.isEmpty : decoded.count == bytes
            else {
                problems.append(
                    ConfigurationProblem(
                        "\(path).\(name)", "must be base64url" + (bytes.map { " of \($0) bytes" } ?? "")))
                return nil
            }
            return text
        }
        let material: Material?
        switch algorithm.family {
        case .hmac:
            material = field("k").flatMap { Base64URL.decode($0.utf8) }.map { .secret($0) }
        case .rsa:
            if let modulus = field("n"), let exponent = field("e") {
                material = .rsa(modulus: modulus, exponent: exponent)
            } else {
                material = nil
            }
        case .ecdsa:
            let bytes = algorithm.coordinateBytes
            if let x = field("x", bytes: bytes), let y = field("y", bytes: bytes) {
                material = .point(x: x, y: y)
            } else {
                material = nil
            }
        case .eddsa:
            material = field("x", bytes: algorithm.coordinateBytes).map { .edwards(x: $0) }
        }
        return material.map { VerificationKey(id: key["kid"]?.string, algorithm: algorithm, material: $0) }
    }

    private static func verifies(_ operations: ClaimValue?) -> Bool {
        guard let operations else { return true }
        return operations.strings?.contains("verify") ?? false
    }

    /// The algorithm that the key is pinned to, or nil if it is to be passed over or has a problem.
    private static func algorithm(
        of key: [String: ClaimValue], path: String, rsaAlgorithm: SignatureAlgorithm?,
        _ problems: inout [ConfigurationProblem]
    ) -> SignatureAlgorithm? {
        let kind = key["kty"]?.string
        let curve = key["crv"]?.string
        let fitting = SignatureAlgorithm.allCases.filter { algorithm in
            switch algorithm.family {
            case .hmac: kind == "oct"
            case .rsa: kind == "RSA"
            case .ecdsa: kind == "EC" && algorithm.curve == curve
            case .eddsa: kind == "OKP" && algorithm.curve == curve
            }
        }
        // A curve that isn't known, such as secp256k1 or X25519.
        guard !fitting.isEmpty else { return nil }
        if let name = key["alg"] {
            // An algorithm that isn't known, such as RSA-OAEP, isn't one that signs tokens.
            guard let algorithm = name.string.flatMap(SignatureAlgorithm.init) else { return nil }
            guard fitting.contains(algorithm) else {
                problems.append(
                    ConfigurationProblem("\(path).alg", "\(algorithm.rawValue) doesn't fit the type of the key"))
                return nil
            }
            return algorithm
        }
        if fitting.count == 1 { return fitting[0] }
        if kind == "RSA", let rsaAlgorithm, fitting.contains(rsaAlgorithm) { return rsaAlgorithm }
        problems.append(ConfigurationProblem("\(path).alg", "must say the algorithm that the key is for"))
        return nil
    }
}
