// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// What a load shedder sees, and did since it was made.
public struct LoadShedderStatistics: Sendable {
    /// Whether it takes the process for overloaded.
    public internal(set) var isOverloaded = false
    /// Requests in flight.
    public internal(set) var inFlight = 0
    /// Requests that were admitted and wait to be started, as far as they are queued.
    public internal(set) var waiting = 0
    /// The mean queueing delay of the last window.
    public internal(set) var queueingDelay = Duration.zero
    /// How many requests a second the process finished when it was last overloaded; 0 if it never was.
    public internal(set) var capacity = 0.0
    /// The last use of the CPU; nil if none was told.
    public internal(set) var cpu: Double?

    var admitted = InlineArray<4, UInt64>(repeating: 0)
    var shed = InlineArray<4, UInt64>(repeating: 0)
    var reasons = InlineArray<4, UInt64>(repeating: 0)

    /// How many requests of a priority were admitted. Only rises.
    public func admitted(_ priority: CallPriority) -> UInt64 { admitted[Int(priority.rawValue)] }

    /// How many requests of a priority were shed. Only rises.
    public func shed(_ priority: CallPriority) -> UInt64 { shed[Int(priority.rawValue)] }

    /// How many requests were shed for a reason. Only rises.
    public func shed(for reason: LoadShedderRejection.Reason) -> UInt64 { reasons[Int(reason.rawValue)] }

    /// How many requests were admitted in all.
    public var admittedTotal: UInt64 { CallPriority.allCases.reduce(0) { $0 + admitted($1) } }

    /// How many requests were shed in all.
    public var shedTotal: UInt64 { CallPriority.allCases.reduce(0) { $0 + shed($1) } }
}
