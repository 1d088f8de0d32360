// SPDX-License-Identifier: Apache-2.0

/// What faults call the parts of a process that they may be done to.
public enum FaultTarget {
    /// The requests that come in.
    public static let server = "server"
    /// The statements and transactions of the database.
    public static let database = "database"
    /// The calls of the cache.
    public static let cache = "cache"
    /// The messages that are brought to others.
    public static let broker = "broker"

    /// What is used without a request that has a method, a path and headers.
    static let stores = [database, cache, broker]
    private static let clientPrefix = "client:"

    /// The calls to the service of that name.
    public static func client(of service: String) -> String { clientPrefix + service }

    /// The service whose calls `target` names; nil if it names something else.
    static func service(of target: String) -> String? {
        target.hasPrefix(clientPrefix) ? String(target.dropFirst(clientPrefix.utf8.count)) : nil
    }
}
