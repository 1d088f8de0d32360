// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// What is said on a new connection before any command: who we are, which database, and whether the server is ready.
/// All in one write.
final class Handshake: RedisChannelOwner {
    private enum Step {
        case authenticate
        case select
        case ping
    }

    private var steps: CircularBuffer<Step> = []
    private let endpoint: RedisEndpoint
    /// Nil until there is a connection.
    private var channel: RedisChannel?
    private var done: ((Result<RedisChannel, RedisError>) -> Void)?
    /// Called after it has ended.
    var afterwards: (() -> Void)?

    init(_ endpoint: RedisEndpoint, done: @escaping (Result<RedisChannel, RedisError>) -> Void) {
        self.endpoint = endpoint
        self.done = done
    }

    /// Begins on a new connection, which is closed if it comes too late.
    func start(on channel: RedisChannel, _ configuration: RedisConfiguration) {
        guard done != nil else { return channel.close(.closed) }
        self.channel = channel
        channel.owner = self
        var buffer = ByteBufferAllocator().buffer(capacity: 256)
        if let credentials = configuration.credentials {
            let words = ([credentials.user, credentials.password] as [String?]).compactMap { $0 }
            RedisCommand("AUTH", words.map { .string($0) }).write(to: &buffer)
            steps.append(.authenticate)
        }
        if configuration.database != 0 {
            RedisCommand("SELECT", .integer(Int64(configuration.database))).write(to: &buffer)
            steps.append(.select)
        }
        RedisCommand("PING").write(to: &buffer)
        steps.append(.ping)
        channel.send(buffer)
    }

    /// Gives up; the connection is closed.
    func fail(_ error: RedisError) {
        guard let done else { return }
        self.done = nil
        channel?.owner = nil
        channel?.close(error)
        done(.failure(error))
        afterwards?()
        afterwards = nil
    }

    func received(_ value: RedisValue) {
        guard let step = steps.popFirst() else {
            return fail(RedisError(.connectFailed, "\(endpoint) sends what nobody asked for", mayHaveRun: false))
        }
        if case .error(let error) = value, !(step == .ping && error.code == .noPermission) {
            return fail(refused(error, at: step))
        }
        guard steps.isEmpty, let done, let channel else { return }
        self.done = nil
        done(.success(channel))
        afterwards?()
        afterwards = nil
    }

    func receivedAll() {}

    func closed(_ error: RedisError) {
        let reason = error == .lost ? "the server closed the connection" : error.message
        fail(RedisError(.connectFailed, "no connection to \(endpoint): \(reason)", mayHaveRun: false))
    }

    /// Only the server's code is told: its text might repeat what was sent.
    private func refused(_ error: RedisServerError, at step: Step) -> RedisError {
        let what =
            switch step {
            case .authenticate: "the user or the password"
            case .select: "the database"
            case .ping: "the connection"
            }
        var bare = error
        bare.message = ""
        let isOurs = step != .ping || error.code == .authenticationRequired
        return RedisError(
            isOurs ? .authenticationFailed : .connectFailed, "\(endpoint) refused \(what): \(error.code)", server: bare,
            mayHaveRun: false)
    }
}
