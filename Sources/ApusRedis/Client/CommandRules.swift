// SPDX-License-Identifier: Apache-2.0

/// Which commands would change a connection for others who share it, or take away its replies.
enum CommandRules {
    /// Nowhere: these leave the rule of one reply for each command, or are the client's own business.
    private static let never: Set<String> = [
        "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE", "MONITOR", "SYNC",
        "PSYNC", "QUIT", "RESET", "HELLO", "AUTH", "SHUTDOWN",
    ]
    /// Not on a shared connection: they hold it up, or concern whatever comes next on it.
    private static let dedicated: Set<String> = [
        "SELECT", "MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH", "BLPOP", "BRPOP", "BRPOPLPUSH", "BLMOVE", "BLMPOP",
        "BZPOPMIN", "BZPOPMAX", "BZMPOP", "WAIT", "WAITAOF",
    ]

    static func check(_ command: RedisCommand, isShared: Bool) throws(RedisError) {
        let name = command.name
        if never.contains(name) || (name == "CLIENT" && command.arguments.first == .string("REPLY")) {
            throw RedisError(.notAllowed, "\(name) is not for this connection", mayHaveRun: false)
        }
        guard isShared else { return }
        if dedicated.contains(name) || (name.hasPrefix("XREAD") && command.arguments.contains(.string("BLOCK"))) {
            throw RedisError(
                .notAllowed, "\(name) would hold up or disturb others: use withConnection", mayHaveRun: false)
        }
    }
}
