// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// A bucket of JetStream's key-value store: the last value of each key, with the number of its change.
///
/// Laid out as NATS' own clients do, so that `nats kv` shows it. Keys: letters, digits, `-`, `_`, `=`, `/` and dots
/// between them.
public struct KeyValueBucket: Sendable {
    /// A value and the number of the change that wrote it.
    public struct Entry: Sendable, Hashable {
        /// The value, and the number of the change.
        public let value: [UInt8]
        public let revision: UInt64

        public init(value: [UInt8], revision: UInt64) {
            self.value = value
            self.revision = revision
        }
    }

    /// Its name: letters, digits, `_` and `-`.
    public let name: String
    private let client: NATSClient

    /// A bucket, which ``make(maximumAge:replicas:)`` makes.
    public init(_ name: String, client: NATSClient) {
        self.name = name
        self.client = client
    }

    /// The stream that keeps it.
    public var stream: String { "KV_\(name)" }

    /// Makes it, or brings one that is there to this configuration.
    ///
    /// - Parameter maximumAge: after which a value goes; nil for never.
    /// - Throws: as ``NATSClient/makeStream(_:)``.
    public func make(maximumAge: Duration? = nil, replicas: Int = 1) async throws(NATSError) {
        let window = min(maximumAge ?? .seconds(120), .seconds(120))
        try await client.makeStream(
            StreamConfiguration(
                name: stream, subjects: ["$KV.\(name).>"], maximumPerSubject: 1,
                maximumAge: maximumAge, duplicateWindow: window, replicas: replicas, allowsDirect: true,
                allowsRollup: true))
    }

    /// The value of a key; nil if there is none.
    ///
    /// - Throws: `streamNotFound`, and what ``NATSClient/request(_:headers:data:deadline:notAfter:)`` throws.
    public func get(_ key: String) async throws(NATSError) -> Entry? {
        guard let message = try await client.storedMessage(.last(subject: subject(key)), of: stream),
            message.header("KV-Operation") == nil
        else { return nil }
        return Entry(value: message.data, revision: message.sequence)
    }

    /// Writes a value; gives the number of the change.
    ///
    /// - Parameter revision: the number of the change that it replaces, 0 for a key that was never there; nil for
    ///   whatever is there.
    /// - Throws: `conflict` if another change came before, `noResponders` if there is no bucket, and what
    ///   ``NATSClient/request(_:headers:data:deadline:notAfter:)`` throws.
    @discardableResult
    public func put(
        _ value: [UInt8], for key: String, replacing revision: UInt64? = nil
    ) async throws(NATSError) -> UInt64 {
        try await client.append(value, to: subject(key), expected: revision).sequence
    }

    /// Forgets a key and that it was there.
    ///
    /// - Throws: `streamNotFound`, and what ``NATSClient/request(_:headers:data:deadline:notAfter:)`` throws.
    public func remove(_ key: String) async throws(NATSError) {
        try await client.purge(stream, subject: subject(key))
    }

    /// The keys that are there.
    ///
    /// - Throws: `streamNotFound`, and what ``NATSClient/request(_:headers:data:deadline:notAfter:)`` throws.
    public func keys() async throws(NATSError) -> [String] {
        let prefix = "$KV.\(name)."
        return try await client.streamState(stream, subjects: "\(prefix)>").subjects.keys
            .map { String($0.dropFirst(prefix.count)) }.sorted()
    }

    private func subject(_ key: String) -> String { "$KV.\(name).\(key)" }
}
