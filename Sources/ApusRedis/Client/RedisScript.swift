// SPDX-License-Identifier: Apache-2.0
public import ApusCore

/// A Lua script that the server runs as one step: see ``RedisClient/run(_:keys:arguments:deadline:)``. Keep it in a
/// constant: the client remembers the digests of the first 1,024.
public struct RedisScript: Sendable, Hashable {
    /// The source text.
    public let source: String
    /// Of the source, so that it isn't hashed anew each time it runs.
    private let hash: Int

    public init(_ source: String) {
        self.source = source
        hash = source.hashValue
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(hash)
    }
}

extension RedisClient {
    /// Runs a script by its digest. A server that doesn't have it says so before anything runs; it gets the source then.
    ///
    /// - Throws: as ``send(_:deadline:)``. What a script has done before an error isn't undone.
    public func run(
        _ script: RedisScript, keys: [String], arguments: [RedisArgument] = [], deadline: Instant? = nil
    ) async throws(RedisError) -> RedisValue {
        try await run(script, deadline: deadline) { name, text in
            let words: [RedisArgument] = [.string(text), .integer(Int64(keys.count))]
            return .command(RedisCommand(name, words + keys.map { .string($0) } + arguments))
        }
    }

    /// As ``run(_:keys:arguments:deadline:)``.
    ///
    /// - Parameter piece: the one command, made of its name and of what names the script: its digest or its source.
    func run(
        _ script: RedisScript, deadline: Instant?, _ piece: (_ name: String, _ text: String) -> RedisPiece
    ) async throws(RedisError) -> RedisValue {
        let deadline = Deadline.of(deadline, configuration.commandTimeout, time)
        if let digest = try await digest(of: script, deadline) {
            do throws(RedisError) {
                return try await link.send(piece("EVALSHA", digest), deadline: deadline)
            } catch {
                guard error.server?.code == .noScript else { throw error }
            }
        }
        return try await link.send(piece("EVAL", script.source), deadline: deadline)
    }

    /// As ``run(_:deadline:_:)``, for who doesn't wait for the reply.
    func start(
        _ script: RedisScript, deadline: Instant,
        _ piece: @escaping @Sendable (_ name: String, _ text: String) -> RedisPiece,
        done: @escaping @Sendable (PendingCommand.Outcome) -> Void
    ) {
        guard let digest = scripts.digest(of: script) else {
            Task {
                do throws(RedisError) {
                    done(.success(try await run(script, deadline: deadline, piece)))
                } catch {
                    done(.failure(error))
                }
            }
            return
        }
        let link = link
        link.start(piece("EVALSHA", digest), deadline: deadline) { outcome in
            guard case .failure(let error) = outcome, error.server?.code == .noScript else { return done(outcome) }
            link.start(piece("EVAL", script.source), deadline: deadline, done: done)
        }
    }

    private func digest(of script: RedisScript, _ deadline: Instant) async throws(RedisError) -> String? {
        if let known = scripts.digest(of: script) { return known }
        let reply = try await sendAllowed(RedisCommand("SCRIPT", "LOAD", .string(script.source)), deadline: deadline)
        guard let digest = reply.string else { return nil }
        scripts.keep(digest, of: script)
        return digest
    }
}
