// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// The right to work on one request, given by a ``LoadShedder``.
///
/// It can't be copied, and is given back exactly once: by ``finish()``, or when it goes out of scope, also by an error or
/// cancellation. Keep it until the last byte of the response is out.
public struct LoadShedderPermit: ~Copyable, Sendable {
    private let shedder: LoadShedder
    private let admitted: Instant
    private var isWaiting: Bool

    init(_ shedder: LoadShedder, admitted: Instant, isWaiting: Bool) {
        self.shedder = shedder
        self.admitted = admitted
        self.isWaiting = isWaiting
    }

    /// The work begins, if the request was queued. A second time it does nothing.
    public mutating func start() {
        guard isWaiting else { return }
        isWaiting = false
        shedder.start(admitted: admitted)
    }

    /// Gives it back now.
    public consuming func finish() {}

    deinit {
        shedder.finish(isWaiting: isWaiting)
    }
}
