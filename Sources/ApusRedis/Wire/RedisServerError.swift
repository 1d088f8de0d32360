// SPDX-License-Identifier: Apache-2.0

/// An error that the server answered: the command reached it.
public struct RedisServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The first word of the answer. New ones may come with any version of the server: switch with a default.
    public struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The word itself, such as `WRONGTYPE`.
        public let name: String

        public init(_ name: String) {
            self.name = name
        }

        public var description: String { name }

        /// Anything that has no code of its own.
        public static let general = Code("ERR")
        /// The user or the password is wrong.
        public static let wrongPassword = Code("WRONGPASS")
        /// The server wants a password and got none.
        public static let authenticationRequired = Code("NOAUTH")
        /// The user may not do this.
        public static let noPermission = Code("NOPERM")
        /// The server's memory is full, and nothing may be evicted.
        public static let outOfMemory = Code("OOM")
        /// A write on a replica.
        public static let readOnly = Code("READONLY")
        /// The server reads its data from disk.
        public static let loading = Code("LOADING")
        /// A script runs for too long.
        public static let busy = Code("BUSY")
        /// A replica has lost its master.
        public static let masterDown = Code("MASTERDOWN")
        /// The key lives on another node of a cluster.
        public static let moved = Code("MOVED")
        public static let ask = Code("ASK")
        public static let clusterDown = Code("CLUSTERDOWN")
        /// The script isn't in the server's script cache; it did not run.
        public static let noScript = Code("NOSCRIPT")
        /// The key holds another kind of value.
        public static let wrongType = Code("WRONGTYPE")
        /// The consumer group exists already.
        public static let busyGroup = Code("BUSYGROUP")
        /// The stream or the consumer group doesn't exist.
        public static let noGroup = Code("NOGROUP")
        /// A transaction was given up because of an earlier error.
        public static let transactionAborted = Code("EXECABORT")
        /// Writes are refused because they can't be saved to disk.
        public static let misconfigured = Code("MISCONF")
    }

    /// Its first word; ``Code/general`` if it has none.
    public var code: Code
    /// The rest of the answer, without arguments that the server repeats, at most 200 characters.
    public var message: String

    /// Splits the text of an error reply.
    init(reply text: String) {
        let end = text.firstIndex(of: " ") ?? text.endIndex
        let word = text[..<end]
        if !word.isEmpty, word.utf8.allSatisfy({ (65...90).contains($0) || $0 == 95 || (48...57).contains($0) }) {
            code = Code(String(word.prefix(40)))
            message = Self.withoutArguments(text[end...].drop { $0 == " " })
        } else {
            code = .general
            message = Self.withoutArguments(text[...])
        }
    }

    public var description: String { "\(code) \(message)" }

    /// The server repeats the arguments of a command that it doesn't know; there may be a secret among them.
    private static func withoutArguments(_ text: Substring) -> String {
        let words = "unknown command"
        if text.lowercased().hasPrefix(words) { return words }
        return String(text.prefix(200))
    }
}
