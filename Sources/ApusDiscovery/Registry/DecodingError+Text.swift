// SPDX-License-Identifier: Apache-2.0

extension DecodingError {
    /// What is wrong with a document, for a person: which value, and what it should be.
    var text: String {
        switch self {
        case .keyNotFound(let key, let context):
            return "'\(Self.path(context.codingPath + [key]))' is missing"
        case .valueNotFound(let type, let context):
            return "'\(Self.path(context.codingPath))' is null; expected \(Self.name(of: type))"
        case .typeMismatch(let type, let context):
            guard !context.codingPath.isEmpty else { return "it is not \(Self.name(of: type))" }
            return "'\(Self.path(context.codingPath))' is not \(Self.name(of: type))"
        case .dataCorrupted(let context):
            return "'\(Self.path(context.codingPath))' can't be read (\(context.debugDescription))"
        @unknown default:
            return "it can't be read"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
    }

    private static func name(of type: Any.Type) -> String {
        switch type {
        case is String.Type: "text"
        case is any FixedWidthInteger.Type: "a whole number"
        case is [Any].Type: "a list"
        default: "an object"
        }
    }
}
