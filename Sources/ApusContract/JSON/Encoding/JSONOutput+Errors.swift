// SPDX-License-Identifier: Apache-2.0

extension JSONOutput {
    /// How much was written before a value, to go back to when it throws in the middle of its encoding and somebody
    /// catches the error and goes on.
    struct Mark {
        let json: JSONWriter.Mark
        let frames: Int
        let names: Int
        let splices: Int
    }

    var mark: Mark { Mark(json: json.mark, frames: frames.count, names: names.count, splices: splices.count) }

    /// Takes back what was written since `mark`.
    func restore(_ mark: Mark) {
        json.restore(mark.json)
        frames.removeSubrange(mark.frames...)
        names.removeSubrange(mark.names...)
        discard(mark.splices..<splices.count)
        sets = sets.filter { $0.key < mark.frames }
    }

    /// Takes back the last member of the object, whose value was to begin at `mark`.
    func removeMember(_ name: String, from frame: Int, _ mark: Mark) {
        restore(mark)
        json.removeName(from: names.removeLast().start)
        sets[frame]?.remove(name)
    }

    /// The way from the root to the value of the frame.
    func path(of frame: Int) -> [any CodingKey] {
        var path: [any CodingKey] = []
        if let origin { path = origin.output.path(of: origin.frame) + [origin.key] }
        for index in 0..<min(frame, frames.count) {
            switch frames[index].kind {
            case .array: path.append(JSONKey(intValue: frames[index].count - 1))
            case .object:
                let end = index + 1 < frames.count ? frames[index + 1].names : names.count
                if end > frames[index].names { path.append(JSONKey(stringValue: text(of: names[end - 1]))) }
            case .empty, .value: break
            }
        }
        return path
    }

    /// `value`, under `key` of the frame, can't be encoded.
    func error(_ value: Any, _ frame: Int, _ key: (any CodingKey)?, _ reason: String) -> EncodingError {
        .invalidValue(value, .init(codingPath: path(of: frame) + (key.map { [$0] } ?? []), debugDescription: reason))
    }
}
