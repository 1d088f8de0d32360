// SPDX-License-Identifier: Apache-2.0
public import Logging
import Synchronization

/// The level from which lines are written, shared by all loggers of a ``LogOutput`` and changeable while the process
/// runs.
///
/// Reading is one relaxed atomic load; a change is seen by every thread soon after.
public final class LogLevelBox: Sendable {
    private let rank: Atomic<UInt8>

    /// - Parameter level: the level to begin with.
    public init(_ level: Logger.Level) {
        rank = Atomic(level.rank)
    }

    /// The least severe level that is written.
    public var level: Logger.Level {
        get { Logger.Level(rank: rank.load(ordering: .relaxed)) }
        set { rank.store(newValue.rank, ordering: .relaxed) }
    }
}

extension Logger.Level {
    /// Severity as a number: 0 for trace to 6 for critical.
    var rank: UInt8 {
        switch self {
        case .trace: 0
        case .debug: 1
        case .info: 2
        case .notice: 3
        case .warning: 4
        case .error: 5
        case .critical: 6
        }
    }

    init(rank: UInt8) {
        switch rank {
        case 0: self = .trace
        case 1: self = .debug
        case 2: self = .info
        case 3: self = .notice
        case 4: self = .warning
        case 5: self = .error
        default: self = .critical
        }
    }

    /// Whether such a line is written without waiting for company.
    var isUrgent: Bool { rank >= Logger.Level.error.rank }

    var name: StaticString {
        switch self {
        case .trace: "trace"
        case .debug: "debug"
        case .info: "info"
        case .notice: "notice"
        case .warning: "warning"
        case .error: "error"
        case .critical: "critical"
        }
    }
}
