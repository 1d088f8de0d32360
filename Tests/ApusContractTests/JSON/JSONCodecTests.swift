// SPDX-License-Identifier: Apache-2.0
import ApusContract
import Foundation
import Testing

@Suite("The codec agrees with Foundation's")
struct JSONCodecTests {
    @Test("Values of every kind are written and read alike")
    func values() throws {
        try CodecComparison.encode(1)
        try CodecComparison.encode("text")
        try CodecComparison.encode(Bool?.none)
        try CodecComparison.encode([Int?]([1, nil, 3]))
        try CodecComparison.encode([Int: [Bool]]())
        try CodecComparison.encode(Int128.max)
        try CodecComparison.encode(UInt128.max)
        try CodecComparison.encode(UInt64.max)
        try CodecComparison.encode([Decimal(string: "3.14159265358979323846264338"), Decimal(-5), nil])
        try CodecComparison.encode(Data([0, 1, 254, 255, 62, 63]))
        try CodecComparison.encode(Date(timeIntervalSinceReferenceDate: 789_012_345.678_901_2))
        try CodecComparison.encode(URL(string: "https://example.test/a%20b?c=d#e"))
        try CodecComparison.encode([Float](arrayLiteral: 0, -0.0, 0.1, 16_777_216, 1e7, 3.4e38, .leastNonzeroMagnitude))
        try CodecComparison.encode([0, -0.0, 0.1, 1e15, 1e16, 123_456_789.123_456_78, .leastNonzeroMagnitude, 1.7e308])
        try CodecComparison.encode(
            Samples.Numbers(
                a: .min, b: .max, c: .min, d: .min, e: .max, f: .max, g: .max, h: .max, i: .max, j: .max, k: .pi,
                l: .pi, m: true))
        try CodecComparison.encode(
            Samples.Texts(
                plain: "é e\u{301}", none: nil, list: ["a", nil], byName: ["": "x", "a\"b": "y", "🦅": "z"],
                byNumber: [-1: [true], 7: []], pairs: [1.5: "a"]))
        try CodecComparison.encode(
            Samples.Special(
                date: Date(timeIntervalSince1970: 0), data: Data(), url: URL(fileURLWithPath: "/tmp"), decimal: 1,
                dates: [Date(timeIntervalSinceReferenceDate: 0.5), nil], uuid: UUID()))
        for shape: Samples.Shape in [
            .point, .circle(0.5), .polygon(corners: [1, 2], name: nil), .group([.point, .group([.circle(2)])]),
        ] {
            try CodecComparison.encode(shape)
        }
        try CodecComparison.encode(Samples.trees)
        try CodecComparison.encode(Samples.Empty())
        try CodecComparison.encode(Samples.Flat(inner: .init(x: 1, y: [2]), more: 3))
        try CodecComparison.encode(Samples.Interleaved(a: [1, 2, 3], b: ["x"]))
        try CodecComparison.encode(["list": [Samples.Interleaved(a: [], b: []), Samples.Interleaved(a: [4], b: ["y"])]])
        try CodecComparison.encode(Samples.Dog())
        try CodecComparison.encode([Samples.Dog(), Samples.Dog()])
        try CodecComparison.encode(
            Dictionary(uniqueKeysWithValues: (0..<300).map { ("member\($0 % 100 * 3 + $0 / 100)", $0) }))
    }

    @Test("Random values are written and read alike")
    func randomValues() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        for _ in 0..<300 {
            try CodecComparison.encode(random.tree(depth: 3), seed)
            try CodecComparison.encode(random.numbers(), seed)
            try CodecComparison.encode(["1" + random.text(): random.shape(depth: 3), random.text(): .point], seed)
            try CodecComparison.encode(Date(timeIntervalSinceReferenceDate: random.double()), seed)
        }
    }

    @Test(
        "Numbers are read alike by every type, whatever their form",
        arguments: [
            "0", "-0", "1", "127", "128", "-128", "-129", "255", "256", "32767", "65536", "2147483648", "4294967296",
            "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
            "18446744073709551615", "18446744073709551616", "1.0", "-1.0", "1e2", "1E+2", "100e-2", "1.5", "-0.0",
            "9007199254740993", "9007199254740993.0", "0.1", "123456789012345678", "3.4e38", "3.5e38", "1e308",
            "0.30000000000000004", "179769313486231570000", "4.35", "0.000001", "5e-324", "2.2250738585072011e-308",
        ])
    func numbers(text: String) {
        CodecComparison.decode(Int.self, text)
        CodecComparison.decode(Int8.self, text)
        CodecComparison.decode(Int16.self, text)
        CodecComparison.decode(Int32.self, text)
        CodecComparison.decode(Int64.self, text)
        CodecComparison.decode(UInt.self, text)
        CodecComparison.decode(UInt8.self, text)
        CodecComparison.decode(UInt16.self, text)
        CodecComparison.decode(UInt32.self, text)
        CodecComparison.decode(UInt64.self, text)
        if !text.contains("e") {
            CodecComparison.decode(Int128.self, text)
            CodecComparison.decode(UInt128.self, text)
        }
        CodecComparison.decode(Double.self, text)
        // What is nearest to zero is zero; to Foundation it fits no Float.
        if !text.hasSuffix("e-324"), !text.hasSuffix("e-308") { CodecComparison.decode(Float.self, text) }
        CodecComparison.decode(Decimal.self, text)
        CodecComparison.decode(Date.self, text)
        CodecComparison.decode(Bool.self, text)
        CodecComparison.decode(String.self, text)
        CodecComparison.decode([String: [Int8?]].self, "{\"a\":[null,\(text)]}")
    }

    @Test(
        "Texts that don't fit are refused alike, with the same path",
        arguments: [
            "null", "true", "0", "\"x\"", "[]", "{}", "[1]", "[null]", "{\"name\":1}", "{\"name\":null}", "[{}]",
            "{\"name\":\"x\"}", "{\"name\":\"x\",\"level\":2,\"wrapper\":1,\"empty\":{},\"children\":[]}",
            "{\"name\":\"x\",\"level\":1,\"wrapper\":\"1\",\"empty\":{},\"children\":[]}",
            "{\"name\":\"x\",\"level\":1,\"wrapper\":1,\"empty\":{},\"children\":[{\"name\":\"y\"}]}",
            "{\"name\":\"x\",\"level\":1,\"wrapper\":1,\"empty\":[],\"children\":[]}",
            "{\"name\":\"x\",\"level\":1,\"wrapper\":1,\"empty\":null,\"children\":null}",
            "{\"name\":\"x\",\"colour\":\"blue\",\"level\":1,\"wrapper\":1,\"empty\":{},\"children\":[]}",
            "{\"name\":\"x\",\"colour\":null,\"level\":1,\"wrapper\":1,\"empty\":{},\"children\":[{\"name\":[]}]}",
            "{\"circle\":{}}", "{\"circle\":{\"_0\":\"x\"}}", "{\"point\":{},\"circle\":{}}", "{\"other\":{}}",
            "{\"polygon\":{\"corners\":[1,\"2\"]}}", "{\"group\":{\"_0\":[{\"point\":{}},{\"point\":1}]}}",
            "{\"breed\":\"b\"}", "{\"breed\":\"b\",\"super\":{}}", "{\"breed\":\"b\",\"super\":{\"name\":5}}",
            "{\"breed\":\"b\",\"super\":{\"name\":\"n\",\"age\":null}}", "{\"breed\":\"b\",\"super\":null}",
            "{\"more\":1}", "{\"more\":1,\"x\":2,\"y\":[3.5]}", "{\"nested\":{\"a\":[]},\"b\":[1]}",
            "{\"nested\":{\"a\":[]}}", "{\"nested\":[]}", "{\"nested\":{\"a\":[\"\"]},\"b\":[]}",
            "{\"a\":1,\"b\":2}", "{\"1\":[true],\"2\":[false,1]}", "{\"1\":[true],\"x\":[]}", "[1,2]", "[\"1\",2,3]",
        ])
    func mismatches(text: String) {
        CodecComparison.decode(Samples.Tree.self, text)
        CodecComparison.decode([Samples.Tree].self, text)
        CodecComparison.decode(Samples.Shape.self, text)
        CodecComparison.decode(Samples.Dog.self, text)
        CodecComparison.decode(Samples.Flat.self, text)
        CodecComparison.decode(Samples.Interleaved.self, text)
        CodecComparison.decode(Samples.Texts.self, text)
        CodecComparison.decode(Samples.Numbers.self, text)
        CodecComparison.decode(Samples.Empty.self, text)
        CodecComparison.decode(Samples.Wrapper?.self, text)
        CodecComparison.decode(Samples.Colour.self, text)
        CodecComparison.decode([Int].self, text)
        CodecComparison.decode([String: Int].self, text, anyPath: true)
        CodecComparison.decode([Int: [Bool]].self, text, anyPath: true)
        CodecComparison.decode([[Bool: Int]].self, text)
        CodecComparison.decode([Double: Int].self, text)
        CodecComparison.decode(Date.self, text)
        CodecComparison.decode(Data.self, text)
        CodecComparison.decode(URL.self, text)
        CodecComparison.decode(Decimal.self, text)
        CodecComparison.decode(UUID.self, text)
        CodecComparison.decode(Bool?.self, text)
    }

    @Test(
        "Texts, data and addresses are read alike",
        arguments: [
            "", "AAEC", "AAE", "AAE=", "A A==", "!", "http://x", "http://[", "a b", "\\u0041\\ud83e\\udd85",
            "\\\"\\\\\\/\\b\\f\\n\\r\\t",
            "ü\\u00fC", "\\u0000", "E621E1F8-C36C-495A-93FC-0C247A3E6E5F", "x\u{7F}", "🦅é",
        ])
    func texts(text: String) {
        CodecComparison.decode(String.self, "\"\(text)\"")
        CodecComparison.decode(Data.self, "\"\(text)\"")
        CodecComparison.decode([URL].self, "[\"\(text)\"]")
        CodecComparison.decode([UUID].self, "[\"\(text)\"]")
        CodecComparison.decode([String: Int].self, "{\"\(text)\":1}")
    }
}
