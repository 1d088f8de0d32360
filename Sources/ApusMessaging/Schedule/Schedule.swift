// SPDX-License-Identifier: Apache-2.0
internal import ApusContract
public import ApusCore
public import Foundation

/// A message that is published again and again at certain times.
///
/// ```swift
/// let nightly = Schedule(
///     "nightly_report", .cron(try CronExpression("30 2 * * *", zone: "Europe/Berlin")),
///     publishing: MessageType<ReportRequest>("report_requested")
/// ) { due in ReportRequest(day: due) }
/// ```
public struct Schedule: Sendable {
    /// Unique in the service, the same in all its instances and for ever: 1 to 100 of `A–Z a–z 0–9 . _ -`.
    public let name: String
    public let recurrence: Recurrence
    /// What becomes of times that passed while the service was down.
    public let catchUp: CatchUp
    /// The type of its messages.
    public let type: String

    private let payload: @Sendable (Date) throws(MessagingError) -> [UInt8]

    /// A schedule whose payload is made for each time.
    ///
    /// - Parameters:
    ///   - catchUp: what becomes of times that passed while the service was down. Default: ``CatchUp/latest``.
    ///   - payload: the payload for a time at which it is due. All instances must make the same of it.
    public init<Payload: Sendable>(
        _ name: String, _ recurrence: Recurrence, publishing type: MessageType<Payload>, catchUp: CatchUp = .latest,
        payload: @escaping @Sendable (Date) -> Payload
    ) {
        self.name = name
        self.recurrence = recurrence
        self.catchUp = catchUp
        self.type = type.name
        self.payload = { (due) throws(MessagingError) in try type.encode(payload(due)) }
    }

    /// A schedule whose payload is always the same.
    public init<Payload: Sendable>(
        _ name: String, _ recurrence: Recurrence, publishing payload: Payload, as type: MessageType<Payload>,
        catchUp: CatchUp = .latest
    ) {
        self.init(name, recurrence, publishing: type, catchUp: catchUp) { _ in payload }
    }

    /// Every problem of this schedule; empty if it can be used.
    public func validate() -> [ConfigurationProblem] {
        var problems = recurrence.validate()
        let isWellFormed = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        problems.require(
            isWellFormed && (1...100).contains(name.utf8.count), "name",
            "must have 1 to 100 of A-Z a-z 0-9 . _ -, is \"\(name.prefix(100))\"")
        if case .latest(let within) = catchUp {
            problems.require(within >= .zero, "catchUp", "must not be negative, is \(within)")
        }
        return problems
    }

    /// The message for the time `due`. Its id follows from name and time, so that it is one message, whoever publishes it
    /// and however often; the attribute `scheduledtime` tells the time.
    ///
    /// - Throws: `invalid` if the payload can't be encoded.
    func message(for due: Date, source: String, created: Date) throws(MessagingError) -> Message {
        let time = RFC3339.text(of: due)
        return Message(
            id: "schedule/\(name)/\(time)", type: type, source: source, created: created, data: try payload(due),
            extensions: ["scheduledtime": time])
    }
}
