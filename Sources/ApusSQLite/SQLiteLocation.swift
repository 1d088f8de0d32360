// SPDX-License-Identifier: Apache-2.0
public import ApusSQL

/// Where a SQLite database lives, as `DATABASE_URL` says it.
public enum SQLiteLocation: Sendable, Hashable, CustomStringConvertible {
    /// In memory, gone with the last reference to it.
    case memory
    /// In a file; relative paths count from the working directory.
    case file(String)

    /// Reads `sqlite:PATH`, `sqlite:///PATH` or `sqlite::memory:`.
    ///
    /// - Throws: `cannotOpen` with what is wrong: another scheme, no path, parameters after `?`, a NUL.
    public init(url: String) throws(DatabaseError) {
        let expected = "expected sqlite:PATH or sqlite::memory:"
        guard let colon = url.firstIndex(of: ":") else {
            throw DatabaseError(.cannotOpen, "no scheme in the database URL; \(expected)")
        }
        let scheme = url[..<colon]
        guard scheme == "sqlite" else {
            throw DatabaseError(.cannotOpen, "scheme \(scheme) isn't sqlite; \(expected)")
        }
        var path = url[url.index(after: colon)...]
        if path == ":memory:" {
            self = .memory
            return
        }
        if path.hasPrefix("//") {
            path = path.dropFirst(2)
            guard path.hasPrefix("/") else {
                throw DatabaseError(.cannotOpen, "a host in \(url); \(expected), sqlite:///PATH for an absolute path")
            }
        }
        guard !path.isEmpty else {
            throw DatabaseError(.cannotOpen, "no path in \(url); \(expected)")
        }
        guard !path.contains("?"), !path.utf8.contains(0) else {
            throw DatabaseError(.cannotOpen, "parameters or NUL in \(url); \(expected)")
        }
        self = .file(String(path))
    }

    public var description: String {
        switch self {
        case .memory: "sqlite::memory:"
        case .file(let path): "sqlite:\(path)"
        }
    }
}
