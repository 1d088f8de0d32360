// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A connection that one caller has to itself, for commands that wait (`XREADGROUP … BLOCK`, `BLPOP`) or belong together
/// (`WATCH`, `MULTI`): see ``RedisClient/withConnection(_:)``.
///
/// It is not made again when it is lost. A command whose caller gives up, by deadline or cancellation, ends it.
public struct RedisConnection: Sendable {
    let link: RedisLink
    let timeout: Duration

    /// Sends a command and waits for its reply.
    ///
    /// - Parameter deadline: nil for the configuration's command timeout, or the current call's if that is earlier.
    /// - Throws: as ``RedisClient/send(_:deadline:)``.
    public func send(_ command: RedisCommand, deadline: Instant? = nil) async throws(RedisError) -> RedisValue {
        try CommandRules.check(command, isShared: false)
        return try await link.send(.command(command), deadline: Deadline.of(deadline, timeout, link.time))
    }
}

/// When a command must be answered.
enum Deadline {
    /// The caller's, or else the timeout; never later than that of the call being handled.
    static func of(_ given: Instant?, _ timeout: Duration, _ time: TimeSource) -> Instant {
        let own = given ?? time.now.advanced(by: timeout)
        guard let call = CallContext.currentDeadline else { return own }
        return min(own, call)
    }
}
