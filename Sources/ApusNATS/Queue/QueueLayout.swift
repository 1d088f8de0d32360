// SPDX-License-Identifier: Apache-2.0
internal import ApusCore
internal import ApusMessaging

/// What the parts of a queue are called in JetStream, and how they are kept.
struct QueueLayout: Sendable {
    private let configuration: JetStreamQueueConfiguration

    init(_ configuration: JetStreamQueueConfiguration) {
        self.configuration = configuration
    }

    /// The stream with what waits and what is in hand.
    var live: String { "\(configuration.name)-queue" }
    /// The stream with what is dead.
    var dead: String { "\(configuration.name)-dead" }
    /// The bucket with what the queue must remember of messages that come again.
    var notes: String { "\(configuration.name)-notes" }
    /// The bucket with who wants what.
    var subscriptions: String { "\(configuration.name)-subscriptions" }

    func subject(of channel: Channel) -> String { "\(configuration.name).queue.\(Subject.token(channel.name))" }
    func deadSubject(of channel: Channel) -> String { "\(configuration.name).dead.\(Subject.token(channel.name))" }
    func consumer(of channel: Channel) -> String { Subject.token(channel.name) }

    /// All subjects of the stream.
    var liveSubjects: String { "\(configuration.name).queue.*" }
    var deadSubjects: String { "\(configuration.name).dead.*" }

    /// The channel of a subject of either stream.
    func channel(of subject: String) -> Channel? {
        subject.split(separator: ".").last.flatMap { Subject.text(of: $0) }.map { Channel($0) }
    }

    var liveStream: StreamConfiguration {
        StreamConfiguration(
            name: live, subjects: [liveSubjects], retention: .workQueue, discard: .new,
            maximumPerSubject: configuration.queue.capacity, duplicateWindow: window, replicas: configuration.replicas)
    }

    var deadStream: StreamConfiguration {
        StreamConfiguration(
            name: dead, subjects: [deadSubjects], maximumPerSubject: configuration.queue.deadCapacity,
            maximumAge: max(configuration.queue.deadRetention, .seconds(1)),
            duplicateWindow: min(window, max(configuration.queue.deadRetention, .seconds(1))),
            replicas: configuration.replicas)
    }

    /// The consumer of a channel. Messages that wait for their time count as in hand there, so all of them may be.
    func consumer(of channel: Channel, lease: Duration) -> ConsumerConfiguration {
        ConsumerConfiguration(
            name: consumer(of: channel), subject: subject(of: channel), lease: lease,
            maximumInHand: configuration.queue.capacity, maximumWaiting: 4_096)
    }

    /// JetStream remembers for a tenth of a second at least.
    private var window: Duration { max(configuration.queue.deduplicationWindow, .milliseconds(100)) }
}
