// SPDX-License-Identifier: Apache-2.0
internal import ApusContract
internal import ApusCore

/// A stream as JetStream is told to keep it; what isn't named has the server's default, which is without limit.
public struct StreamConfiguration: Sendable, Hashable {
    /// When a message goes by itself.
    public enum Retention: String, Sendable, Hashable {
        /// When a limit is reached.
        case limits
        /// When its consumer has acknowledged it. Each subject has one consumer at most.
        case workQueue = "workqueue"
    }

    /// What is refused or removed at a limit.
    public enum Discard: String, Sendable, Hashable {
        case old
        case new
    }

    /// Letters, digits, `_` and `-`.
    public var name: String
    /// The subjects whose messages it keeps; may hold wildcards.
    public var subjects: [String]
    public var retention: Retention
    public var discard: Discard
    /// Messages of one subject; nil for no limit. With ``Discard/new`` one more is refused.
    public var maximumPerSubject: Int?
    /// After which a message goes; nil for never.
    public var maximumAge: Duration?
    /// How long the stream remembers the ids of messages. 100 ms or more, at most ``maximumAge``.
    public var duplicateWindow: Duration
    /// Copies of the stream on different servers of a cluster. 1 to 5.
    public var replicas: Int
    /// Whether the last message of a subject can be read from any server that has it.
    public var allowsDirect: Bool
    /// Whether a message may replace all earlier ones of its subject.
    public var allowsRollup: Bool

    public init(
        name: String, subjects: [String], retention: Retention = .limits, discard: Discard = .old,
        maximumPerSubject: Int? = nil, maximumAge: Duration? = nil, duplicateWindow: Duration = .seconds(120),
        replicas: Int = 1, allowsDirect: Bool = false, allowsRollup: Bool = false
    ) {
        self.name = name
        self.subjects = subjects
        self.retention = retention
        self.discard = discard
        self.maximumPerSubject = maximumPerSubject
        self.maximumAge = maximumAge
        self.duplicateWindow = duplicateWindow
        self.replicas = replicas
        self.allowsDirect = allowsDirect
        self.allowsRollup = allowsRollup
    }

    /// As JetStream's interface takes it. Stored in files always.
    var json: JSONValue {
        .object([
            .init("name", .string(name)), .init("subjects", .array(subjects.map(JSONValue.string))),
            .init("retention", .string(retention.rawValue)), .init("storage", "file"),
            .init("discard", .string(discard.rawValue)),
            .init(
                "discard_new_per_subject", .boolean(discard == .new && maximumPerSubject != nil)),
            .init("max_consumers", -1), .init("max_msgs", -1), .init("max_bytes", -1), .init("max_msg_size", -1),
            .init("max_msgs_per_subject", .integer(maximumPerSubject ?? -1)),
            .init("max_age", .integer(Int(maximumAge?.nanoseconds ?? 0))),
            .init("duplicate_window", .integer(Int(duplicateWindow.nanoseconds))),
            .init("num_replicas", .integer(replicas)), .init("allow_direct", .boolean(allowsDirect)),
            .init("allow_rollup_hdrs", .boolean(allowsRollup)),
        ])
    }
}
