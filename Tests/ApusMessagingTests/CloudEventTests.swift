// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusMessaging
import Foundation
import Testing

@Suite("A message as a CloudEvent")
struct CloudEventTests {
    private func read(_ text: String) throws(MessagingError) -> Message {
        try Message(cloudEvent: Array(text.utf8), received: .distantPast)
    }

    @Test("is written as the specification says")
    func written() {
        var random = FastRandom(seed: 1)
        let trace = TraceContext(using: &random)
        let message = Message(
            id: "1", type: "order_placed", source: "/services/orders", created: Date(timeIntervalSince1970: 0),
            data: Array(#"{"total": 1.10}"#.utf8), expires: Date(timeIntervalSince1970: 60), trace: trace,
            requestID: RequestID("r-1"), extensions: ["partitionkey": "a\"b"])
        let expected =
            #"{"specversion":"1.0","id":"1","source":"/services/orders","type":"order_placed","#
            + #""time":"1970-01-01T00:00:00.000Z","traceparent":"\#(trace.traceparent)","requestid":"r-1","#
            + #""expirytime":"1970-01-01T00:01:00.000Z","partitionkey":"a\"b","datacontenttype":"application/json","#
            + #""data":{"total": 1.10}}"#
        #expect(String(decoding: message.cloudEvent, as: UTF8.self) == expected)
    }

    @Test(
        "comes back as it was, with the payload byte for byte",
        arguments: [
            #"{"total": 1.10, "big": 12345678901234567890123, "text": "}],\"\\"}"#, "[1, [2, {}], \"]\"]", "\"text\"",
            "1.50",
            "true", "null",
        ])
    func roundTrip(data: String) throws {
        var random = FastRandom(seed: 2)
        let message = Message(
            id: "ü 1", type: "t", source: "/s", created: Date(timeIntervalSince1970: 1_234.5), data: Array(data.utf8),
            expires: Date(timeIntervalSince1970: 5_000), trace: TraceContext(using: &random),
            requestID: RequestID("r"), extensions: ["a1": "x"])
        #expect(try Message(cloudEvent: message.cloudEvent, received: .distantPast) == message)
    }

    @Test("carries a payload that is no JSON as base64")
    func binary() throws {
        let message = Message(
            id: "1", type: "t", source: "/s", created: Date(timeIntervalSince1970: 0), data: [0, 255, 10],
            contentType: "image/png")
        #expect(String(decoding: message.cloudEvent, as: UTF8.self).contains(#""data_base64":"AP8K""#))
        #expect(try Message(cloudEvent: message.cloudEvent, received: .distantPast) == message)
    }

    @Test("is read from any valid form, unknown attributes kept")
    func valid() throws {
        let message = try read(
            """
             { "data" : [ 1 ] , "specversion":"1.0","type":"t", "sou\\u0072ce":"/s","id":"1", "count": 7, "flag": true,
               "traceparent": "nonsense", "nothing": null } 
            """)
        #expect(message.data == Array("[ 1 ]".utf8))
        #expect(message.source == "/s")
        #expect(message.trace == nil)
        #expect(message.extensions == ["count": "7", "flag": "true"])
        #expect(try read(#"{"specversion":"1.0","type":"t","source":"/s","id":"1"}"#).data == Array("null".utf8))
    }

    @Test(
        "that is invalid is refused with what is wrong",
        arguments: [
            ("", "no JSON"), ("{", "no JSON"), ("[]", "no JSON object"), ("{}", "specversion"),
            (#"{"specversion":"0.3","type":"t","source":"/s","id":"1"}"#, "0.3"),
            (#"{"specversion":"1.0","type":"","source":"/s","id":"1"}"#, "type"),
            (#"{"specversion":"1.0","type":"t","source":"/s"}"#, "id"),
            (#"{"specversion":"1.0","type":"t","source":"/s","id":{}}"#, "id"),
            (#"{"specversion":"1.0","type":"t","source":"/s","id":"1","time":"yesterday"}"#, "time"),
            (#"{"specversion":"1.0","type":"t","source":"/s","id":"1","UPPER":"x"}"#, "UPPER"),
            (#"{"specversion":"1.0","type":"t","source":"/s","id":"1","data_base64":"*"}"#, "base64"),
            (#"{"specversion":"1.0","type":"t","source":"/s","id":"1","data_base64":"","data":1}"#, "both"),
            (#"{"specversion":"1.0","type":"t","source":"/s","id":"1","data":tru}"#, "no JSON"),
        ])
    func invalid(text: String, problem: String) {
        #expect {
            try read(text)
        } throws: { error in
            guard let error = error as? MessagingError else { return false }
            return error.code == .invalid && error.message.contains(problem)
        }
    }

    @Test("An attribute with control characters is refused when it is published, naming it")
    func controlCharacters() async throws {
        let queue = MessageQueue(store: try MemoryQueueStore(configuration: .init(source: "/s")))
        for (id, type, source, name) in [
            ("1\n", "t", "/s", "id"), ("1", "a\nb", "/s", "type"), ("1", "t", "/\u{7f}", "source"),
        ] {
            let message = Message(id: id, type: type, source: source, created: .distantPast, data: Array("1".utf8))
            let error = await #expect(throws: MessagingError.self) { try await queue.publish(message) }
            #expect(error?.code == .invalid && error?.message.contains("attribute \(name) of") == true)
        }
    }
}
