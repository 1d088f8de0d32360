// SPDX-License-Identifier: Apache-2.0
import ApusBalancing
import Synchronization

/// The candidates of a service as outlier detection sees them. Apart from the service, which holds the detection.
final class CandidateList: Sendable {
    private let list = Mutex<[Candidate]>([])

    var current: [Candidate] { list.withLock { $0 } }

    func replace(_ candidates: [Candidate]) {
        list.withLock { $0 = candidates }
    }
}
