// SPDX-License-Identifier: Apache-2.0

/// The arguments of a command line, taken one option at a time: what nobody took is unknown.
///
/// `--port 8080` and `--port=8080` mean the same. A word that begins with `--` is never the value of the option before
/// it; `--name=--value` gives such a value.
struct ArgumentList: Sendable {
    enum Taken {
        case absent
        case value(String)
        case withoutValue
        case repeated
    }

    private var words: [String?]

    init(_ words: [String]) {
        self.words = words
    }

    /// Takes `option` (`--port`) and its value. A flag takes the next word only if it is a boolean.
    mutating func take(_ option: String, isFlag: Bool = false) -> Taken {
        var taken = Taken.absent
        for index in words.indices {
            guard let word = words[index] else { continue }
            var value: Taken
            if word == option {
                value = .withoutValue
                if let next = valueWord(at: index + 1), !isFlag || SettingKind<Bool>.word(next) != nil {
                    value = .value(next)
                    words[index + 1] = nil
                } else if isFlag {
                    value = .value("true")
                }
            } else if word.hasPrefix(option + "=") {
                value = .value(String(word.dropFirst(option.count + 1)))
            } else {
                continue
            }
            words[index] = nil
            if case .absent = taken { taken = value } else { taken = .repeated }
        }
        return taken
    }

    /// Whether `flag` was given; takes it.
    mutating func takeFlag(_ flag: String) -> Bool {
        let given = words.contains(flag)
        words = words.map { $0 == flag ? nil : $0 }
        return given
    }

    /// What was not taken: options without their values, and words that belong to no option.
    var unknown: [String] {
        var result: [String] = []
        var skipsValue = false
        for word in words {
            defer { skipsValue = word.map { $0.hasPrefix("--") && !$0.contains("=") } ?? false }
            guard let word, !skipsValue || word.hasPrefix("--") else { continue }
            result.append(word.hasPrefix("--") ? String(word.prefix { $0 != "=" }) : word)
        }
        return result
    }

    private func valueWord(at index: Int) -> String? {
        guard words.indices.contains(index), let word = words[index], !word.hasPrefix("--") else { return nil }
        return word
    }
}
