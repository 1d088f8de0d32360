// SPDX-License-Identifier: Apache-2.0
import ApusYAML

extension GatewayFileDecoder {
    func readAuth(_ value: ValueReader) -> AuthConfiguration? {
        guard var fields = value.fields("a mapping with 'keys'") else { return nil }
        defer { fields.finish() }
        let issuer = fields.value("issuer")?.text()
        let audience = fields.value("audience")?.text()
        let leeway = fields.value("leeway")?.duration(in: .milliseconds(1)...(.seconds(60)))
        guard let value = fields.required("keys", "what tokens are verified with"), let list = value.list("keys") else {
            return nil
        }
        if list.isEmpty { value.error("'auth.keys' has no key") }
        var seen: Set<String> = []
        let keys = list.compactMap { element in
            let key = key(element)
            if let key, !seen.insert(key.id).inserted { element.error("two keys have the id '\(key.id)'") }
            return key
        }
        return AuthConfiguration(keys: keys, issuer: issuer, audience: audience, leeway: leeway ?? .seconds(30))
    }

    private func key(_ element: ValueReader) -> AuthKeyConfiguration? {
        guard var fields = element.fields("a key with 'id', 'algorithm' and 'secret' or 'publicKey'") else {
            return nil
        }
        defer { fields.finish() }
        let id = fields.required("id", "the tokens' kid")?.text()
        let algorithm = fields.required("algorithm", "tokens with another one are refused")?
            .choice(AuthKeyConfiguration.algorithms)
        let secret = fields.value("secret")
        let publicKey = fields.value("publicKey")
        let secretReference = secret.flatMap { reference($0) }
        let publicReference = publicKey.flatMap { reference($0) }
        guard let id, let algorithm else { return nil }
        let isShared = algorithm.hasPrefix("HS")
        let (wanted, unwanted) = isShared ? ("secret", "publicKey") : ("publicKey", "secret")
        if let wrong = isShared ? publicKey : secret {
            problems.error("\(algorithm) is verified with a '\(wanted)', not with a '\(unwanted)'", at: wrong.keyPlace)
            return nil
        }
        guard (isShared ? secret : publicKey) != nil else {
            problems.error("\(fields.path) has no '\(wanted)', which \(algorithm) is verified with", at: fields.place)
            return nil
        }
        return (isShared ? secretReference : publicReference).map {
            AuthKeyConfiguration(id: id, algorithm: algorithm, material: $0)
        }
    }

    /// `{file: PATH}` or `{env: NAME}`. Never shows what it read: someone may have put the secret itself here.
    private func reference(_ value: ValueReader) -> SecretReference? {
        guard !value.isScalar else {
            value.error("'\(value.path)' must be {file: PATH} or {env: NAME}; a secret has no place in this file")
            return nil
        }
        guard var fields = value.fields("{file: PATH} or {env: NAME}") else { return nil }
        let file = fields.value("file").flatMap { path($0) }
        let variable = fields.value("env")?.parsed("the name of an environment variable") { text in
            text.isEmpty || text.contains("=") ? nil : text
        }
        fields.finish()
        switch (file, variable) {
        case (let file?, nil): return .file(file)
        case (nil, let variable?): return .environment(variable)
        case (.some, .some): value.error("'\(value.path)' has both 'file' and 'env'; give one")
        case (nil, nil): value.error("'\(value.path)' must be {file: PATH} or {env: NAME}")
        }
        return nil
    }
}
