// SPDX-License-Identifier: Apache-2.0

extension JSONOutput {
    /// Objects with more members get a set of their names.
    private static let searchedNames = 16

    /// Which of the names of the frame's object is the same as `new`; nil if none is.
    func index(of new: Name, _ name: String, in frame: Int) -> Int? {
        let first = frames[frame].names
        if names.count - first >= Self.searchedNames {
            var known = sets.removeValue(forKey: frame) ?? namesOfObject(in: frame)
            let isNew = known.insert(name).inserted
            sets[frame] = known
            if isNew { return nil }
        }
        return json.bytes.withUnsafeBytes { bytes in
            let text = UnsafeRawBufferPointer(rebasing: bytes[new.start..<new.start + new.length])
            for index in first..<names.count where names[index].length == new.length {
                let start = names[index].start
                let other = UnsafeRawBufferPointer(rebasing: bytes[start..<start + new.length])
                if JSONString.areEqual(text, other) { return index }
            }
            return nil
        }
    }

    private func namesOfObject(in frame: Int) -> Set<String> {
        Set(names[frames[frame].names...].map(text))
    }

    /// What the name spells.
    func text(of name: Name) -> String {
        json.bytes.withUnsafeBytes { bytes in
            let text = bytes[name.start + 1..<name.start + name.length - 1]
            return JSONString.unescaped(UnsafeRawBufferPointer(rebasing: text))
        }
    }

    /// Takes a member out of the innermost object, whose last name, `new`, is not among `names` yet.
    func remove(_ member: Int, before new: Name) {
        let start = names[member].start
        let end = member + 1 < names.count ? names[member + 1].start : new.start
        json.remove(start..<end)
        names.remove(at: member)
        for index in member..<names.count { names[index].start -= end - start }
        let first = splices.firstIndex { $0.offset >= start } ?? splices.count
        discard(first..<(splices.firstIndex { $0.offset >= end } ?? splices.count))
        for index in splices.indices where splices[index].offset >= end { splices[index].offset -= end - start }
    }
}
