// SPDX-License-Identifier: Apache-2.0

/// A step of a coding path: a member's name or an element's index.
struct JSONKey: CodingKey, CustomStringConvertible {
    let stringValue: String
    let intValue: Int?

    init(stringValue: String) {
        self.stringValue = stringValue
        intValue = nil
    }

    init(intValue: Int) {
        stringValue = "Index \(intValue)"
        self.intValue = intValue
    }

    /// What `superDecoder()` and `superEncoder()` look under.
    static let superKey = JSONKey(stringValue: "super")

    var description: String { stringValue }
}
