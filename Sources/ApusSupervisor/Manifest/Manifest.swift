// SPDX-License-Identifier: Apache-2.0

/// What an `apus.yaml` says: which processes make up the system. `docs/manifest.md` describes every key.
public struct Manifest: Equatable, Sendable {
    /// A service: one executable, one or more processes.
    public struct Service: Equatable, Sendable {
        /// Its name in the registry, in logs and in the data folder.
        public var name: String
        /// A name to look up or a path, as it stands in the file.
        public var executable: String
        /// Where it was found.
        public var path: String
        public var arguments: [String]
        /// How many processes; 1 to 64, default 1.
        public var instances: Int
        public var environment: [String: String]
        /// The port of the one instance; nil lets the system pick one.
        public var port: Int?
        /// Where its embedded storage lives; nil for a folder of its name in the system's data folder.
        public var dataDirectory: String?
    }

    /// The gateway's file; nil for a system without a gateway.
    public var gateway: String?
    /// Whether there is a registry; with none every service needs a port.
    public var hasRegistry: Bool
    /// The port of the registry; nil lets the system pick one.
    public var registryPort: Int?
    /// In the order of the file.
    public var services: [Service]
}
