// SPDX-License-Identifier: Apache-2.0
import ApusBalancing

/// A lease that an array can hold.
final class HeldLease {
    private let lease: CandidateLease

    init(_ lease: consuming CandidateLease) {
        self.lease = lease
    }
}
