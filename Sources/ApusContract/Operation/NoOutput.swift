// SPDX-License-Identifier: Apache-2.0

/// The output of an operation that answers without a body.
public struct NoOutput: SchemaValue, Hashable {
    public static var shape: Shape { Shape([:]) }
    public static var expectation: String { "nothing" }

    public init() {}

    public func write(to json: inout JSONWriter) { json.null() }
    public static func inspect(_ json: JSONValue, _ inspection: inout Inspection) -> NoOutput? { NoOutput() }
}
