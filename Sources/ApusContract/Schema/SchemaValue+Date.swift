// SPDX-License-Identifier: Apache-2.0
#if canImport(FoundationEssentials)
    public import FoundationEssentials
#else
    public import Foundation
#endif

/// On the wire a date is an RFC 3339 text in UTC with milliseconds.
extension Date: SchemaValue {
    public static var expectation: String { "a date and time such as 2026-01-31T12:00:00Z" }
    public static var shape: Shape { Shape(["type": "string", "format": "date-time"]) }
    public func write(to json: inout JSONWriter) { RFC3339.withText(of: self) { json.plain($0) } }
    public init?(parameter text: String) {
        guard let date = RFC3339.date(text) else { return nil }
        self = date
    }
    public var parameterText: String? { RFC3339.text(of: self) }

    public static func inspect(_ json: JSONValue, _ inspection: inout Inspection) -> Date? {
        guard case .string(let text) = json else {
            mismatch(json, &inspection)
            return nil
        }
        if let date = RFC3339.date(text) { return date }
        inspection.report("date_time", "must be \(expectation)")
        return nil
    }
}
