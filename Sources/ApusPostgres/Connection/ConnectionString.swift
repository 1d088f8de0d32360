// SPDX-License-Identifier: Apache-2.0
#if PostgreSQL
    internal import ApusSQL
    internal import CPostgres
    internal import Foundation

    /// A checked `postgres://` URL, and what libpq gets to connect with it.
    ///
    /// Everything that libpq knows may stand in it: several hosts (`postgres://a,b/db?target_session_attrs=read-write`),
    /// `sslmode`, `sslrootcert`, `options`, …
    struct ConnectionString: Sendable {
        /// Names and values, in libpq's order; the URL stands as `dbname`, so that what it says goes before the defaults.
        private let parameters: [(name: String, value: String)]

        /// - Throws: `cannotOpen` saying what is wrong, without the password.
        init(url: String, configuration: PostgresConfiguration) throws(DatabaseError) {
            guard url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") else {
                let scheme = url.prefix { $0 != ":" && $0 != "/" }
                throw DatabaseError(
                    .cannotOpen,
                    "unknown scheme \"\(scheme)\"; expected postgres://user:password@host:5432/database?sslmode=…")
            }
            guard !url.utf8.contains(0) else { throw DatabaseError(.cannotOpen, "NUL in the database's URL") }
            var message: UnsafeMutablePointer<CChar>?
            guard let options = PQconninfoParse(url, &message) else {
                let reason = message.map { String(cString: $0).trimmingNewlines() } ?? "out of memory"
                PQfreemem(message)
                // libpq quotes what it couldn't read, which may be the password or hold it.
                throw DatabaseError(.cannotOpen, "the database's URL isn't valid: \(Self.withoutQuotes(reason))")
            }
            var given: Set<String> = []
            var option = options
            while let keyword = option.pointee.keyword {
                if option.pointee.val != nil { given.insert(String(cString: keyword)) }
                option += 1
            }
            PQconninfoFree(options)
            let seconds = max(2, configuration.dialTimeout.components.seconds)
            var defaults = [
                ("fallback_application_name", configuration.applicationName), ("client_encoding", "UTF8"),
                ("connect_timeout", "\(seconds)"), ("keepalives_idle", "30"), ("keepalives_interval", "10"),
                ("keepalives_count", "3"),
            ]
            defaults.removeAll { given.contains($0.0) && $0.0 != "client_encoding" }
            parameters = [("dbname", url)] + defaults.map { (name: $0.0, value: $0.1) }
        }

        /// Connects, which blocks the thread for at most `connect_timeout` for each host.
        func connect() -> OpaquePointer? {
            let names = parameters.map { $0.name.withCString { strdup($0) } }
            let values = parameters.map { $0.value.withCString { strdup($0) } }
            defer { for copy in names + values { free(copy) } }
            let keys: [UnsafePointer<CChar>?] = names.map { $0.map { UnsafePointer($0) } } + [nil]
            let contents: [UnsafePointer<CChar>?] = values.map { $0.map { UnsafePointer($0) } } + [nil]
            return PQconnectdbParams(keys, contents, 1)
        }

        private static func withoutQuotes(_ message: String) -> String {
            var parts = message.split(separator: "\"", omittingEmptySubsequences: false).map(String.init)
            for index in parts.indices where index % 2 == 1 { parts[index] = "…" }
            return parts.joined(separator: "\"")
        }
    }
#endif
