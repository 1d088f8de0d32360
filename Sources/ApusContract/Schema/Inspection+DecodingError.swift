// SPDX-License-Identifier: Apache-2.0

extension Inspection {
    /// Reports what a decoder says, where the schema found nothing wrong: a type with a decoding of its own.
    mutating func report(_ error: any Error) {
        let (path, code, message): ([any CodingKey], String, String)
        switch error {
        case DecodingError.keyNotFound(let key, let context):
            (path, code, message) = (context.codingPath + [key], "required", "is missing")
        case DecodingError.valueNotFound(_, let context):
            (path, code, message) = (context.codingPath, "required", "must not be null")
        case DecodingError.typeMismatch(_, let context):
            (path, code, message) = (context.codingPath, "type", "is of another type than expected")
        case DecodingError.dataCorrupted(let context):
            (path, code, message) = (context.codingPath, "invalid", "is not a valid value")
        default:
            (path, code, message) = ([], "invalid", "can't be read")
        }
        report(path[...], code, message)
    }

    private mutating func report(_ path: ArraySlice<any CodingKey>, _ code: String, _ message: String) {
        guard let step = path.first else { return report(code, message) }
        if let index = step.intValue {
            within(index) { $0.report(path.dropFirst(), code, message) }
        } else {
            within(step.stringValue) { $0.report(path.dropFirst(), code, message) }
        }
    }
}
