// SPDX-License-Identifier: Apache-2.0
import ApusContract
import Foundation
import Testing

/// What a codec made of an input: a value or an error, as text that can be compared.
enum Outcome: Equatable, CustomStringConvertible {
    case value(String)
    case failure(String)

    init<Value>(_ body: () throws -> Value) {
        do {
            self = .value(Self.text(of: try body()))
        } catch let error as DecodingError {
            switch error {
            case .keyNotFound(let key, let context):
                self = .failure("key \(key.stringValue) \(Self.path(context.codingPath))")
            case .valueNotFound(_, let context): self = .failure("value \(Self.path(context.codingPath))")
            case .typeMismatch(_, let context): self = .failure("type \(Self.path(context.codingPath))")
            case .dataCorrupted(let context): self = .failure("corrupted \(Self.path(context.codingPath))")
            @unknown default: self = .failure("unknown")
            }
        } catch EncodingError.invalidValue(_, let context) {
            self = .failure("invalid \(Self.path(context.codingPath))")
        } catch {
            self = .failure("\(error)")
        }
    }

    /// Everything that is in `value`; dictionaries and sets in an order of their own.
    private static func text(of value: Any) -> String {
        let mirror = Mirror(reflecting: value)
        guard !mirror.children.isEmpty || mirror.superclassMirror != nil else { return "\(type(of: value)) \(value)" }
        var parts = mirror.children.map { "\($0.label ?? ""): \(text(of: $0.value))" }
        var above = mirror.superclassMirror
        while let mirror = above {
            parts += mirror.children.map { "\($0.label ?? ""): \(text(of: $0.value))" }
            above = mirror.superclassMirror
        }
        if mirror.displayStyle == .dictionary || mirror.displayStyle == .set { parts.sort() }
        return "\(type(of: value))(\(parts.joined(separator: ", ")))"
    }

    static func path(_ path: [any CodingKey]) -> String {
        "/" + path.map { key in key.intValue.map { "#\($0)" } ?? key.stringValue }.joined(separator: "/")
    }

    var description: String {
        switch self {
        case .value(let text): text
        case .failure(let text): "failed: \(text)"
        }
    }
}

enum CodecComparison {
    /// Expects that both codecs make the same of `text`.
    ///
    /// - Parameter anyPath: for dictionaries, which Foundation reads in no certain order.
    static func decode<Value: Decodable>(
        _ type: Value.Type, _ text: String, anyPath: Bool = false, location: SourceLocation = #_sourceLocation
    ) {
        let ours = Outcome { try JSONCodec().decode(type, from: Array(text.utf8)) }
        let theirs = Outcome { try JSONDecoder().decode(type, from: Data(text.utf8)) }
        // Foundation gives no path for numbers that don't fit.
        if case .failure(let reason) = ours, reason.hasPrefix("corrupted"), theirs == .failure("corrupted /") { return }
        if anyPath, case .failure = ours, case .failure = theirs { return }
        #expect(ours == theirs, "\(type) from \(text)", sourceLocation: location)
    }

    /// Expects that both codecs write the same, up to the order of members, and that each reads what the other writes.
    static func encode<Value: Codable>(
        _ value: Value, _ seed: UInt64 = 0, location: SourceLocation = #_sourceLocation
    ) throws {
        let ours = try JSONCodec().encode(value)
        let theirs = try JSONEncoder().encode(value)
        let comment: Comment = "\(value), seed \(seed): \(String(decoding: ours, as: UTF8.self))"
        #expect(
            try sorted(JSONParser.parse(ours)) == sorted(JSONParser.parse(theirs)), comment, sourceLocation: location)
        let values = [
            Outcome { try JSONCodec().decode(Value.self, from: ours) },
            Outcome { try JSONCodec().decode(Value.self, from: Array(theirs)) },
            Outcome { try JSONDecoder().decode(Value.self, from: Data(ours)) },
        ]
        let expected = Outcome { try JSONDecoder().decode(Value.self, from: theirs) }
        #expect(values == [expected, expected, expected], comment, sourceLocation: location)
    }

    private static func sorted(_ json: JSONValue) -> JSONValue {
        switch json {
        case .array(let elements): .array(elements.map(sorted))
        case .object(let members):
            .object(members.map { .init($0.name, sorted($0.value)) }.sorted { $0.name < $1.name })
        default: json
        }
    }
}
