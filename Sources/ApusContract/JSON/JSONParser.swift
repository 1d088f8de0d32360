// SPDX-License-Identifier: Apache-2.0

/// A strict reader of JSON text (RFC 8259) that says where and why it fails.
///
/// A name that stands twice in one object is refused too (RFC 7493, 2.3): readers differ in which of them they take, and
/// what one of them has checked another would not use.
public enum JSONParser {
    /// Containers within containers, at most.
    public static let maximumDepth = 64

    /// The document that `bytes` hold.
    ///
    /// - Throws: ``JSONSyntaxError`` at the first byte that can't be JSON.
    public static func parse(_ bytes: some Sequence<UInt8>) throws(JSONSyntaxError) -> JSONValue {
        try Array(bytes).withUnsafeBufferPointer { (text) throws(JSONSyntaxError) in
            try parse(UnsafeRawBufferPointer(text))
        }
    }

    /// The document that `text` holds.
    ///
    /// - Throws: ``JSONSyntaxError`` at the first byte that can't be JSON.
    public static func parse(_ text: UnsafeRawBufferPointer) throws(JSONSyntaxError) -> JSONValue {
        try JSONDocument(text, dates: .rfc3339, maximumDepth: maximumDepth).tree()
    }
}
