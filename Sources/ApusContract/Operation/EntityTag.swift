// SPDX-License-Identifier: Apache-2.0

/// The validator of one state of a resource: what `ETag` says and `If-Match` asks for.
///
/// Source: RFC 9110, 8.8.3 and 13.1.1.
public struct EntityTag: Sendable, Hashable, CustomStringConvertible {
    /// The tag as the header has it, in quotation marks.
    public let description: String

    /// A strong tag of the `version` of a resource: any number that changes with it.
    public init(version: Int) {
        description = "\"\(version)\""
    }

    /// Whether the condition that `header` states holds for this tag: `*`, or one of a list of tags. Without a header it
    /// does. Weak tags never match, as `If-Match` demands.
    public func fulfils(ifMatch header: String?) -> Bool {
        guard let header else { return true }
        return header.split(separator: ",").contains { part in
            let part = part.drop { $0 == " " || $0 == "\t" }
            let end = part.lastIndex { $0 != " " && $0 != "\t" }.map(part.index(after:)) ?? part.startIndex
            return part[..<end] == "*" || part[..<end] == description
        }
    }
}
