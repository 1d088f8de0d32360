// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Types that use what `Codable` offers, for comparing codecs.
enum Samples {
    struct Numbers: Codable, Equatable {
        var a: Int8
        var b: Int16
        var c: Int32
        var d: Int64
        var e: UInt8
        var f: UInt16
        var g: UInt32
        var h: UInt64
        var i: Int
        var j: UInt
        var k: Double
        var l: Float
        var m: Bool
    }

    struct Texts: Codable, Equatable {
        var plain: String
        var none: String?
        var list: [String?]
        var byName: [String: String]
        var byNumber: [Int: [Bool]]
        var pairs: [Double: String]
    }

    struct Special: Codable, Equatable {
        var date: Date
        var data: Data
        var url: URL
        var decimal: Decimal
        var dates: [Date?]
        var uuid: UUID
    }

    enum Shape: Codable, Equatable {
        case point
        case circle(Double)
        case polygon(corners: [Int], name: String?)
        indirect case group([Shape])
    }

    enum Colour: String, Codable { case red, green }
    enum Level: Int, Codable { case low = 1, high = 300 }

    struct Empty: Codable, Equatable {}

    struct Wrapper: Codable, Equatable {
        var value: Double

        init(value: Double) { self.value = value }
        init(from decoder: any Decoder) throws { value = try decoder.singleValueContainer().decode(Double.self) }
        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(value)
        }
    }

    struct Tree: Codable, Equatable {
        var name: String
        var colour: Colour?
        var level: Level
        var wrapper: Wrapper
        var empty: Empty
        var children: [Tree]
    }

    class Animal: Codable {
        var name = "a"
        var age: Int? = 3
    }

    final class Dog: Animal {
        var breed = "b"
        private enum CodingKeys: String, CodingKey { case breed }

        override init() { super.init() }
        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            breed = try container.decode(String.self, forKey: .breed)
            try super.init(from: container.superDecoder())
        }
        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            // The superclass is written out of turn: between the two, members of this class.
            let above = container.superEncoder()
            try container.encode(breed, forKey: .breed)
            try super.encode(to: above)
        }
    }

    /// Encodes two containers into one object, one of them through another type.
    struct Flat: Codable, Equatable {
        var inner: Wrapped
        var more: Int

        struct Wrapped: Codable, Equatable {
            var x: Int
            var y: [Int]
        }
        private enum CodingKeys: CodingKey { case more }

        init(inner: Wrapped, more: Int) { (self.inner, self.more) = (inner, more) }
        init(from decoder: any Decoder) throws {
            inner = try Wrapped(from: decoder)
            more = try decoder.container(keyedBy: CodingKeys.self).decode(Int.self, forKey: .more)
        }
        func encode(to encoder: any Encoder) throws {
            try inner.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(more, forKey: .more)
        }
    }

    /// Writes nested containers in turns.
    struct Interleaved: Codable, Equatable {
        var a: [Int]
        var b: [String]

        private enum CodingKeys: CodingKey { case a, b, nested, last }

        init(a: [Int], b: [String]) { (self.a, self.b) = (a, b) }
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            let nested = try container.nestedContainer(keyedBy: CodingKeys.self, forKey: .nested)
            var numbers = try nested.nestedUnkeyedContainer(forKey: .a)
            var texts = try container.nestedUnkeyedContainer(forKey: .b)
            (a, b) = ([], [])
            while !numbers.isAtEnd || !texts.isAtEnd {
                if !numbers.isAtEnd { a.append(try numbers.decode(Int.self)) }
                if !texts.isAtEnd { b.append(try texts.superDecoder().singleValueContainer().decode(String.self)) }
            }
        }
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            var nested = container.nestedContainer(keyedBy: CodingKeys.self, forKey: .nested)
            var texts = container.nestedUnkeyedContainer(forKey: .b)
            var numbers = nested.nestedUnkeyedContainer(forKey: .a)
            for index in 0..<max(a.count, b.count) {
                if index < a.count { try numbers.encode(a[index]) }
                if index < b.count { try b[index].encode(to: texts.superEncoder()) }
            }
            try container.encode(1, forKey: .last)
            try nested.encodeNil(forKey: .last)
        }
    }

    static let trees = [
        Tree(name: "leaf", colour: nil, level: .low, wrapper: Wrapper(value: 0), empty: Empty(), children: []),
        Tree(
            name: "röot \u{1F985} \"\\/\u{8}\u{C}\n\r\t\u{0}\u{1F}\u{7F}\u{2028}", colour: .green, level: .high,
            wrapper: Wrapper(value: -1.5e-7), empty: Empty(),
            children: [
                Tree(name: "", colour: .red, level: .low, wrapper: Wrapper(value: 1e21), empty: Empty(), children: [])
            ]),
    ]
}
