// SPDX-License-Identifier: Apache-2.0

extension SQL {
    /// The text of a statement without its values: equal for statements that can share what was prepared.
    ///
    /// Two are equal if all their bytes are, other than strings, for which é is é however it is written. Comparing two that
    /// come from the same place in a program costs nearly nothing.
    public struct Template: Sendable, Hashable {
        /// What stands before, between and after the values: one more than there are values.
        private var fragments: [String]

        init(_ text: String) {
            fragments = [text]
        }

        /// The text with the placeholders of `dialect`.
        public func text(for dialect: Dialect) -> String {
            if fragments.count == 1 { return fragments[0] }
            var text = ""
            text.reserveCapacity(fragments.reduce(0) { $0 + $1.utf8.count + 4 })
            text += fragments[0]
            for number in fragments.indices.dropFirst() {
                text += dialect.placeholder(number)
                text += fragments[number]
            }
            return text
        }

        mutating func reserve(_ placeholders: Int) {
            fragments.reserveCapacity(placeholders + 1)
        }

        mutating func append(_ text: String) {
            let last = fragments.count - 1
            if fragments[last].isEmpty { fragments[last] = text } else { fragments[last] += text }
        }

        mutating func append(_ other: Template) {
            append(other.fragments[0])
            fragments += other.fragments.dropFirst()
        }

        mutating func appendPlaceholder() {
            fragments.append("")
        }

        public static func == (left: Template, right: Template) -> Bool {
            guard left.fragments.count == right.fragments.count else { return false }
            return left.fragments.indices.allSatisfy { left.fragments[$0].hasSameBytes(as: right.fragments[$0]) }
        }

        public func hash(into hasher: inout Hasher) {
            for fragment in fragments { fragment.hashBytes(into: &hasher) }
        }
    }
}

extension String {
    fileprivate func hasSameBytes(as other: String) -> Bool {
        let same = utf8.withContiguousStorageIfAvailable { bytes in
            other.utf8.withContiguousStorageIfAvailable { others in
                bytes.count == others.count
                    && (bytes.baseAddress == others.baseAddress || bytes.elementsEqual(others))
            }
        }
        return (same ?? nil) ?? utf8.elementsEqual(other.utf8)
    }

    fileprivate func hashBytes(into hasher: inout Hasher) {
        var text = self
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xFF as UInt8)
    }
}
