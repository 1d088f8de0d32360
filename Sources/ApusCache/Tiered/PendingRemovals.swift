// SPDX-License-Identifier: Apache-2.0

/// Removals that did not reach the second level, in their order, each once. Bounded: when there are too many, they become
/// the removal of everything.
///
/// What they touch this instance doesn't read from the second level, which may hold what it knows to be wrong.
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

    /// Whether one of them touches what is under `key`, or is or will be stored with one of `tags`.
    func concern(_ key: String, _ tags: [String]) -> Bool {
        stamps[.key(key)] != nil || concern(tags)
    }

    /// Whether one of them touches what is stored with one of `tags`.
    func concern(_ tags: [String]) -> Bool {
        stamps[.all] != nil || tags.contains { stamps[.tag($0)] != nil }
    }

    /// What to make up for, in order, each at once: some keys, or one tag, or everything.
    func batches() -> [[Entry]] {
        var batches: [[Entry]] = []
        for subject in subjects {
            guard let stamp = stamps[subject] else { continue }
            let entry = Entry(subject: subject, stamp: stamp)
            let open = subject.isKey ? batches.indices.last : nil
            if let open, batches[open].count < Self.batch, batches[open][0].subject.isKey {
                batches[open].append(entry)
            } else {
                batches.append([entry])
            }
        }
        return batches
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
