// SPDX-License-Identifier: Apache-2.0

/// What one instance tells the others: that something was removed or replaced, and by whom.
///
/// As text: `1` (the version), the origin, the kind, and the name last, since it may hold blanks.
struct CacheMessage: Sendable, Hashable {
    enum Subject: Sendable, Hashable {
        case key(String)
        case tag(String)
        case all
    }

    /// Who sent it, so that it isn't taken for news by itself.
    var origin: String
    var subject: Subject

    init(origin: String, subject: Subject) {
        self.origin = origin
        self.subject = subject
    }

    /// The message that `text` holds; nil if it is none, or of a version to come.
    init?(text: String) {
        let parts = text.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "1" else { return nil }
        origin = String(parts[1])
        switch parts[2] {
        case "key": subject = .key(String(parts[3]))
        case "tag": subject = .tag(String(parts[3]))
        case "all": subject = .all
        default: return nil
        }
    }

    var text: String {
        switch subject {
        case .key(let key): "1 \(origin) key \(key)"
        case .tag(let tag): "1 \(origin) tag \(tag)"
        case .all: "1 \(origin) all "
        }
    }
}
