// SPDX-License-Identifier: Apache-2.0
public import ApusCore
public import ApusMessaging
public import ApusRedis
internal import Synchronization

/// A queue in Redis Streams that services share: each has a channel of its own, which its instances work on together.
///
/// - A channel has a stream for each priority that is used, with the consumer group `workers`:
///   `{apus}:stream:service/users:4`. `XLEN` says how many messages aren't finished, `XINFO GROUPS` how many nobody has
///   had in hand yet (`lag`) and how many are in hand or wait to be tried again (`pending`). What isn't due yet, or is
///   blocked by its ordering key, is kept aside in `{apus}:parked:…`, the dead in the stream `{apus}:dead:…`.
/// - Every change is one script: it happens as a whole or not at all, whatever ends in between. Leases and delays go by the
///   queue's ``clock``, which the scripts are told; how many milliseconds old a message is, by the server's.
/// - What is published by several tasks at once goes along in common scripts.
/// - **What a publish that has returned is worth is the server's matter**: with `appendonly yes` and `appendfsync always`
///   it survives the end of the server, with `everysec` all but the last second or two do, without `appendonly` nothing
///   does. ``serverProblems()`` says what is amiss. The server's memory must not be evicted (`maxmemory-policy
///   noeviction`); when it is full, publishing fails with `overloaded`.
/// - A stream or group that someone deletes is made anew, and counted; what was in hand comes again with the group,
///   attempts counted from the first. Take messages away with ``drop(_:in:)`` rather than `XDEL`.
/// - Workers of other processes hear by a message of Redis' that there is something to do, if they wait for it.
///
/// Needs Redis 7. The connection is the client's; several queues may share it.
public final class RedisQueue: MessageBroker {
    public let configuration: QueueConfiguration
    public let clock: QueueClock
    public let features = QueueFeatures.all.subtracting(.transactions)
    /// Where in Redis it is.
    public let options: RedisQueueConfiguration
    /// The consumer that it is in the groups: the source and random digits.
    public let name: String
    let redis: RedisClient
    let wakers = WakerTable()
    let lane: AppendLane
    let listener: WakeListener
    /// Where looking at what refers to entries goes on, for each kind of each channel.
    let cursors = Mutex<[String: String]>([:])
    private let counted = Mutex(RedisQueueCounters())

    /// A queue on the server of `redis`; nothing is connected yet.
    ///
    /// - Parameter clock: leases and delays go by it, and should be about the same for all who share the queue.
    /// - Throws: every problem of the configurations.
    public init(
        _ redis: RedisClient, configuration: QueueConfiguration, options: RedisQueueConfiguration = .init(),
        clock: QueueClock = .system()
    ) throws(InvalidConfiguration) {
        let problems = configuration.validate() + options.validate()
        guard problems.isEmpty else { throw InvalidConfiguration(problems) }
        self.redis = redis
        self.configuration = configuration
        self.options = options
        self.clock = clock
        var random = options.seed.map(FastRandom.init(seed:)) ?? FastRandom()
        name = "\(configuration.source) \(Message.newID(using: &random).prefix(12))"
        lane = AppendLane(maximum: options.maximumPending, maximumBytes: options.maximumPendingBytes)
        listener = WakeListener(redis, wakers, name: name)
    }

    /// What it has mended so far.
    public var counters: RedisQueueCounters { counted.withLock { $0 } }

    /// What all its keys begin with.
    var tag: String { "{\(options.prefix)}:" }

    /// Runs a script; gives what it answers, without the count of groups that it made anew. Isn't cancelled with the task
    /// and knows no deadline but the client's command timeout: what the server gave out must arrive.
    func run(
        _ script: RedisScript, _ name: String, _ arguments: [RedisArgument]
    ) async throws(MessagingError) -> ArraySlice<RedisValue> {
        let common: [RedisArgument] = [.string(QueueScript.group), .integer(clock.microseconds), .string(self.name)]
        let (redis, tag) = (redis, tag)
        let running = Task.detached { () async -> Result<RedisValue, RedisError> in
            do throws(RedisError) {
                return .success(try await redis.run(script, keys: [tag], arguments: common + arguments))
            } catch {
                return .failure(error)
            }
        }
        let reply: RedisValue
        do throws(RedisError) {
            reply = try await running.value.get()
        } catch {
            throw MessagingError(error)
        }
        guard let values = reply.array, let recreated = values.first?.integer else { throw .unexpected(name) }
        if recreated > 0 { count { $0.recreatedGroups += Int(recreated) } }
        return values.dropFirst()
    }

    func count(_ change: (inout RedisQueueCounters) -> Void) {
        counted.withLock { change(&$0) }
    }

    public func wake(on channel: Channel, _ wake: @escaping @Sendable () -> Void) -> UInt64 {
        let id = wakers.add(channel, wake)
        listener.begin(id, channel, subscription: "\(tag)wake:\(channel.name)")
        return id
    }

    public func stopWaking(_ id: UInt64) {
        wakers.remove(id)
        listener.end(id)
    }
}
