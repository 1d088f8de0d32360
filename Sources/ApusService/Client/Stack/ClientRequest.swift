// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import ApusResilience
import Synchronization

/// One call on its way through the layers of a client: what is sent, and to which instances it was sent already.
struct ClientRequest: RepeatableRequest {
    let outgoing: OutgoingRequest
    /// Instances that this attempt rather avoids.
    private(set) var avoided: [Candidate] = []
    private let journal = AttemptJournal()

    init(_ outgoing: OutgoingRequest) {
        self.outgoing = outgoing
    }

    var isRepeatable: Bool { outgoing.isRepeatable }

    mutating func prepare(for attempt: RepeatedAttempt) {
        avoided = attempt.avoidsPrevious ? journal.candidates : []
    }

    /// Remembers the instance that an attempt goes to.
    func note(_ candidate: Candidate) {
        journal.note(candidate)
    }
}

/// The instances that the attempts of one call went to. Shared by the copies of its request, which may be under way at the
/// same time.
private final class AttemptJournal: Sendable {
    private let tried = Mutex<[Candidate]>([])

    var candidates: [Candidate] { tried.withLock { $0 } }

    func note(_ candidate: Candidate) {
        tried.withLock { $0.append(candidate) }
    }
}
