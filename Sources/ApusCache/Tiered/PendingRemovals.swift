// SPDX-License-Identifier: Apache-2.0

/// Removals that did not reach the second level, in their order, each once. Bounded: when there are too many, they become
/// the removal of everything.
///
/// As long as there is one, the second level may hold what this instance knows to be wrong.
struct PendingRemovals: Sendable {
    /// One to make up for. The stamp tells it from a later one of the same.
    struct Entry: Sendable, Hashable {
        var subject: CacheMessage.Subject
        var stamp: UInt64
    }

    /// Made up for at once at most.
    static let batch = 100
    let limit: Int
    private var subjects: [CacheMessage.Subject] = []
    private var stamps: [CacheMessage.Subject: UInt64] = [:]
    private var nextStamp: UInt64 = 0

    init(limit: Int) {
        self.limit = limit
    }

    var count: Int { subjects.count }

    mutating func add(_ subject: CacheMessage.Subject) {
        nextStamp += 1
        let subject = stamps[.all] == nil ? subject : .all
        if stamps.updateValue(nextStamp, forKey: subject) == nil { subjects.append(subject) }
        if (subject == .all && subjects.count > 1) || subjects.count > limit {
            subjects = [.all]
            stamps = [.all: nextStamp]
        }
    }

    /// What to make up for next: some keys, or one tag, or everything. Empty if nothing waits.
    func next() -> [Entry] {
        guard let first = subjects.first else { return [] }
        let subjects = first.isKey ? Array(subjects.prefix(Self.batch).prefix(while: \.isKey)) : [first]
        return subjects.compactMap { subject in stamps[subject].map { Entry(subject: subject, stamp: $0) } }
    }

    /// Forgets what was made up for, unless it failed once more meanwhile.
    mutating func settle(_ done: [Entry]) {
        let done = Set(done.filter { stamps[$0.subject] == $0.stamp }.map(\.subject))
        guard !done.isEmpty else { return }
        subjects.removeAll { done.contains($0) }
        for subject in done { stamps[subject] = nil }
    }
}

extension CacheMessage.Subject {
    fileprivate var isKey: Bool {
        if case .key = self { true } else { false }
    }
}
