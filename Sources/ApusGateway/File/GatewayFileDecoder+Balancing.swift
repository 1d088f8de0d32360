// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusHTTP
import ApusYAML

extension GatewayFileDecoder {
    /// A policy by its name alone, or a mapping.
    func balancing(_ value: ValueReader) -> InstanceBalancing? {
        let names = BalancingConfiguration.PolicyName.allCases.map(\.rawValue)
        if value.isScalar {
            return value.choice(names).map { Self.balancing(BalancingConfiguration.PolicyName(rawValue: $0)) }
        }
        guard var fields = value.fields("a policy's name or a mapping with 'policy'") else { return nil }
        defer { fields.finish() }
        let name = fields.value("policy")?.choice(names)
        var balancing = Self.balancing(name.flatMap { BalancingConfiguration.PolicyName(rawValue: $0) })
        readParameters(&fields, &balancing.policy)
        readEligibility(&fields, &balancing)
        readStickiness(&fields, &balancing)
        return balancing
    }

    private static func balancing(_ name: BalancingConfiguration.PolicyName?) -> InstanceBalancing {
        var balancing = InstanceBalancing()
        if let name { balancing.policy.policy = name }
        return balancing
    }

    private func readParameters(_ fields: inout FieldReader, _ policy: inout BalancingConfiguration) {
        fields.set(&policy.choices, "choices") { $0.integer(in: 2...10) }
        fields.set(&policy.decay, "decay") { $0.duration(in: .milliseconds(1)...(.seconds(3600))) }
        let least = fields.value("minRingSize")
        if let size = least?.integer(in: 1...RingHash.largestRing / 2) { policy.minimumRingSize = size }
        let most = fields.value("maxRingSize")
        if let size = most?.integer(in: 2...RingHash.largestRing) {
            policy.maximumRingSize = size
        } else {
            policy.maximumRingSize = max(policy.maximumRingSize, 2 * policy.minimumRingSize)
        }
        if let most, policy.maximumRingSize / 2 < policy.minimumRingSize {
            most.error("'\(most.path)' must be at least twice 'minRingSize'")
        }
        fields.set(&policy.tableSize, "tableSize") { value in
            value.parsed("a prime from 2 to \(Maglev.largestTableSize), such as 65537") { text in
                guard let size = Int(text) else { return nil }
                do { return try Maglev(tableSize: size).tableSize } catch { return nil }
            }
        }
        fields.set(&policy.balanceFactor, "balanceFactor") { $0.orOff { $0.number(in: 1...100) } }
    }

    private func readEligibility(_ fields: inout FieldReader, _ balancing: inout InstanceBalancing) {
        let name = balancing.policy.policy
        fields.set(&balancing.policy.eligibility.panicThreshold, "panicThreshold") { value in
            guard let share = value.orOff({ $0.number(in: 0...1) }) else { return nil }
            return share ?? 0
        }
        if let value = fields.value("slowStart") {
            balancing.policy.eligibility.slowStart = slowStart(value)
            if balancing.isConsistent || name == .roundRobin {
                problems.error(
                    "'\(value.path)' can't be combined with \(name.rawValue), which gives every instance its full share",
                    at: value.keyPlace)
            }
        }
        if let value = fields.value("zone") {
            balancing.policy.eligibility.locality = locality(value)
            refuse(value, beside: balancing)
        }
        if let value = fields.value("subset") {
            balancing.policy.eligibility.subset = subset(value)
            refuse(value, beside: balancing)
        }
    }

    private func refuse(_ value: ValueReader, beside balancing: InstanceBalancing) {
        guard balancing.isConsistent else { return }
        problems.error(
            "'\(value.path)' can't be combined with \(balancing.policy.policy.rawValue): every client must see the same instances",
            at: value.keyPlace)
    }

    private func readStickiness(_ fields: inout FieldReader, _ balancing: inout InstanceBalancing) {
        let key = fields.value("hashBy")
        if let read = key?.parsed("client, 'header NAME' or 'cookie NAME'", Self.hashKey) { balancing.hashBy = read }
        if let key, !balancing.isConsistent {
            problems.error("'\(key.path)' needs the policy ring-hash or maglev", at: key.keyPlace)
        }
        let cookie = fields.value("setCookie")
        if let sets = cookie?.boolean() { balancing.setsCookie = sets }
        if let cookie, balancing.setsCookie {
            if case .cookie = balancing.hashBy { return }
            problems.error("'\(cookie.path)' needs 'hashBy: cookie NAME'", at: cookie.keyPlace)
        }
    }

    private static func hashKey(_ text: String) -> InstanceBalancing.HashKey? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        switch (parts.first, parts.count) {
        case ("client", 1): return .client
        case ("header", 2): return HeaderName(parts[1]).map { .header($0.text) }
        // A cookie's name is a token, as a header's is.
        case ("cookie", 2): return HeaderName(parts[1]).map { .cookie($0.text) }
        default: return nil
        }
    }

    /// A window, or a mapping.
    private func slowStart(_ value: ValueReader) -> SlowStartConfiguration? {
        var start = SlowStartConfiguration()
        if value.isScalar {
            return value.duration(in: .milliseconds(100)...(.seconds(3600))).map {
                start.window = $0
                return start
            }
        }
        guard var fields = value.fields("a duration, or a mapping, {} for the defaults") else { return nil }
        defer { fields.finish() }
        fields.set(&start.window, "window") { $0.duration(in: .milliseconds(100)...(.seconds(3600))) }
        fields.set(&start.aggression, "aggression") { $0.number(in: 0.1...10) }
        fields.set(&start.minimumWeight, "minWeight") { $0.number(in: 0.01...1) }
        return start
    }

    /// The own zone's name, or a mapping.
    private func locality(_ value: ValueReader) -> LocalityConfiguration? {
        if value.isScalar { return zone(value).map { LocalityConfiguration(zone: $0) } }
        guard var fields = value.fields("a zone's name, or a mapping with 'name'") else { return nil }
        defer { fields.finish() }
        var locality = LocalityConfiguration(
            zone: fields.required("name", "the zone of this gateway").flatMap { zone($0) } ?? "none")
        fields.set(&locality.minimumCandidates, "minInstances") { $0.integer(in: 1...100_000) }
        fields.set(&locality.overprovisioning, "overprovisioning") { $0.number(in: 1...10) }
        return locality
    }

    /// A zone's name.
    func zone(_ value: ValueReader) -> String? {
        value.parsed("a zone's name of 1 to 128 characters") { (1...128).contains($0.utf8.count) ? $0 : nil }
    }

    private func subset(_ value: ValueReader) -> SubsetConfiguration? {
        guard var fields = value.fields("a mapping with 'size'") else { return nil }
        defer { fields.finish() }
        let size = fields.required("size", "how many instances this gateway uses")?.integer(in: 1...100_000)
        let client = fields.value("client")?.parsed("a name of 1 to 128 characters") {
            (1...128).contains($0.utf8.count) ? $0 : nil
        }
        return size.map { SubsetConfiguration(size: $0, client: client ?? HostName.own) }
    }
}
