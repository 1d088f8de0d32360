// SPDX-License-Identifier: Apache-2.0
internal import ApusCore

/// Who has a reader, and who waits for one: first come, first served.
///
/// Streams, which keep theirs while their bodies work, never have all: so queries, which end by themselves, always get
/// through, even those in the bodies of streams. A stream that must wait for that reason lets queries pass.
///
/// A value without clock or I/O: ``ReaderGate`` drives it.
struct ReaderGateState<Waiter: Sendable>: Sendable {
    enum Kind: Sendable {
        case query
        case stream
    }

    /// What someone who wants a reader gets.
    enum Entry: Equatable {
        case admitted
        /// To be appended with ``wait(_:for:until:)``.
        case mustWait
        /// Too many wait already.
        case full
        case closed
    }

    /// Readers that there are: one more than configured if that is one, which streams have then.
    let maximumReaders: Int
    let maximumQueries: Int
    let maximumStreams: Int
    private let maximumWaiters: Int
    private var waitingQueries = WaitingLine<Waiter>()
    private var waitingStreams = WaitingLine<Waiter>()
    private var lastID: UInt64 = 0
    private(set) var queries = 0
    private(set) var streams = 0
    var isClosed = false

    /// - Parameter maximumReaders: as configured, at least 1.
    init(maximumReaders: Int, maximumWaiters: Int) {
        self.maximumReaders = max(2, maximumReaders)
        maximumQueries = maximumReaders
        maximumStreams = max(1, maximumReaders - 1)
        self.maximumWaiters = maximumWaiters
    }

    /// How many wait.
    var count: Int { waitingQueries.count + waitingStreams.count }

    /// Nobody who waits ends before.
    var earliestEnd: Instant { min(waitingQueries.earliestEnd, waitingStreams.earliestEnd) }

    /// Whether no reader is in use, and nobody waits.
    var isIdle: Bool { queries + streams + count == 0 }

    /// Someone wants a reader. Who is admitted calls ``leave(_:)`` once.
    mutating func enter(_ kind: Kind) -> Entry {
        if isClosed { return .closed }
        // Whoever could be admitted was: so nobody of this kind waits if there is room.
        if hasRoom(for: kind) {
            admit(kind)
            return .admitted
        }
        return count < maximumWaiters ? .mustWait : .full
    }

    /// Appends to the queue, and gives a name for ``cancel(_:)``.
    mutating func wait(_ waiter: Waiter, for kind: Kind, until end: Instant) -> UInt64 {
        lastID += 1
        switch kind {
        case .query: waitingQueries.append(waiter, as: lastID, until: end)
        case .stream: waitingStreams.append(waiter, as: lastID, until: end)
        }
        return lastID
    }

    /// Takes a waiter out of the queue; nil if it isn't there (any more).
    mutating func cancel(_ id: UInt64) -> Waiter? {
        waitingQueries.remove(id) ?? waitingStreams.remove(id)
    }

    /// Takes out those whose end has come.
    mutating func removeEnded(at now: Instant) -> [Waiter] {
        waitingQueries.removeEnded(at: now) + waitingStreams.removeEnded(at: now)
    }

    /// A reader comes back; the waiter that has it now, if any.
    mutating func leave(_ kind: Kind) -> Waiter? {
        switch kind {
        case .query: queries -= 1
        case .stream: streams -= 1
        }
        let query = hasRoom(for: .query) ? waitingQueries.firstID : nil
        let stream = hasRoom(for: .stream) ? waitingStreams.firstID : nil
        guard query != nil || stream != nil else { return nil }
        if query ?? .max < stream ?? .max {
            admit(.query)
            return waitingQueries.popFirst()
        }
        admit(.stream)
        return waitingStreams.popFirst()
    }

    private func hasRoom(for kind: Kind) -> Bool {
        guard queries + streams < maximumReaders else { return false }
        switch kind {
        case .query: return queries < maximumQueries
        case .stream: return streams < maximumStreams
        }
    }

    private mutating func admit(_ kind: Kind) {
        switch kind {
        case .query: queries += 1
        case .stream: streams += 1
        }
    }
}
