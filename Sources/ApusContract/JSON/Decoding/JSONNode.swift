// SPDX-License-Identifier: Apache-2.0

/// One value, or one member's name, of a ``JSONDocument``: where it stands in the text.
struct JSONNode {
    enum Kind: UInt8 {
        case null, `true`, `false`, number, string, array, object
        /// A member's name; the member's value is the next node.
        case name
    }

    var kind: Kind
    /// Of a string or name: whether it has escapes. Of a number: whether it is written with fraction or exponent.
    var isSpecial = false
    /// Of a string or name: whether all its bytes are ASCII.
    var isASCII = true
    /// Where its text begins, in bytes; for strings and names after the quotation mark.
    var start: UInt32
    /// The length of its text in bytes, without quotation marks; of containers the number of members or elements.
    var length: UInt32 = 0
    /// The node behind it and all that is in it; of a name the object that it belongs to.
    var next: UInt32 = 0

    init(_ kind: Kind, at start: Int) {
        self.kind = kind
        self.start = UInt32(truncatingIfNeeded: start)
    }
}
