// SPDX-License-Identifier: Apache-2.0
public import ApusCache
import ApusCore

extension RedisCache {
    /// Removes everything under the namespace, a thousand keys at a time, and tells other instances. Loads in progress in
    /// this process will not be stored.
    ///
    /// - Throws: `unavailable`, `timeout`; `unsupported` without a namespace, as it can't tell its keys from others'.
    public func removeAll() async throws(CacheError) {
        guard !configuration.namespace.isEmpty else {
            throw CacheError(.unsupported, "a cache without a namespace can't tell its keys from others'")
        }
        endings.startEpoch()
        defer { loads.removeAll() }
        let pattern = Self.escaped(configuration.namespace) + "*"
        let message = InvalidationMessage(instance: instance, key: nil).text
        try await call(within: configuration.removeAllTimeout) { (deadline) throws(RedisError) in
            try await self.client.deleteAll(matching: pattern, except: nil, deadline: deadline)
            if self.configuration.publishes {
                try await self.client.publish(self.invalidationChannel, Array(message.utf8), deadline: deadline)
            }
        }
    }

    /// A text as a pattern that matches only itself.
    static func escaped(_ text: String) -> String {
        var pattern = ""
        for character in text {
            if "*?[]^\\".contains(character) { pattern.append("\\") }
            pattern.append(character)
        }
        return pattern
    }
}
