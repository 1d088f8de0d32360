// SPDX-License-Identifier: Apache-2.0
internal import ApusMessaging
internal import ApusRedis

/// Several calls of `append` as parts of one script: those of one message that are of a kind and follow each other make one
/// part.
struct AppendParts {
    private enum Part {
        case whole
        case several(Int, Channel)
    }

    /// As the script takes them.
    private(set) var words: [RedisArgument] = []
    private var parts: [Part] = []

    var count: Int { parts.count }

    init(_ calls: [AppendLane.Call]) {
        var index = 0
        while index < calls.count {
            switch calls[index].part {
            case .whole(let call):
                words += call
                parts.append(.whole)
                index += 1
            case .single(let first):
                words.append("m")
                let head = words.count
                var number = 0
                while index < calls.count, case .single(let item) = calls[index].part, item.kind == first.kind {
                    item.write(to: &words)
                    number += 1
                    index += 1
                }
                words.insert(contentsOf: first.kind.head(number), at: head)
                parts.append(.several(number, first.kind.channel))
            }
        }
    }

    /// The answer for each call, as for a whole one; nil if these aren't answers to these parts.
    func split(_ answers: [String]) -> [String]? {
        guard answers.count == parts.count else { return nil }
        var split: [String] = []
        for (part, answer) in zip(parts, answers) {
            switch part {
            case .whole: split.append(answer)
            case .several(let number, let channel):
                guard answer.utf8.count == number else { return nil }
                split += answer.map { $0 == "f" ? "f\(channel)" : String($0) }
            }
        }
        return split
    }
}
