// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

/// The cases of the W3C Trace Context test suite that concern one header each.
@Suite("A trace context")
struct TraceContextTests {
    private static let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test("is read from a valid traceparent and written the same")
    func roundTrip() throws {
        let context = try #require(TraceContext(traceparent: Self.valid))
        #expect(context.traceID == "0af7651916cd43dd8448eb211c80319c")
        #expect(context.spanID == 0xb7ad_6b71_6920_3331)
        #expect(context.flags == 1)
        #expect(context.traceparent == Self.valid)
    }

    @Test(
        "is not read from a malformed traceparent",
        arguments: [
            "", "00", "00-", "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            // version
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            ".0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "0.-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "000-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            // version 00 with more behind it
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what-the-future",
            // a future version needs a dash behind the flags
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01.what-the-future",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01what-the-future",
            // trace id
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-.af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319.-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c0-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            // parent id
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-.7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333.-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b71692033311-01",
            "00-0af7651916cd43dd8448eb211c80319c-B7AD6B7169203331-01",
            // flags
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-.0",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0.",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-001",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0A",
            // separators and spaces
            "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
            " 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 ",
        ])
    func refuses(_ header: String) {
        #expect(TraceContext(traceparent: header) == nil)
    }

    @Test(
        "of a future version is read by the rules of version 00",
        arguments: [
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future",
        ])
    func futureVersion(_ header: String) throws {
        let context = try #require(TraceContext(traceparent: header))
        #expect(context.traceparent == Self.valid)
    }

    @Test("sends on only the flags that version 00 knows")
    func unknownFlags() throws {
        let context = try #require(TraceContext(traceparent: Self.valid.dropLast(2) + "ff"))
        #expect(context.flags == 0xff)
        #expect(context.traceparent.hasSuffix("-03"))
    }

    @Test("carries tracestate as it came, and drops one that is empty or longer than 512 bytes")
    func state() {
        func state(_ text: String) -> String? { TraceContext(traceparent: Self.valid, tracestate: text)?.state }
        #expect(state("foo=1,bar=2") == "foo=1,bar=2")
        #expect(state("") == nil)
        #expect(state(String(repeating: "x", count: 512))?.count == 512)
        #expect(state(String(repeating: "x", count: 513)) == nil)
    }

    @Test("has children in the same trace with a span of their own")
    func child() throws {
        var random = FastRandom(seed: 7)
        let parent = try #require(TraceContext(traceparent: Self.valid, tracestate: "foo=1"))
        let child = parent.child(using: &random)
        #expect(child.traceID == parent.traceID)
        #expect(child.spanID != parent.spanID)
        #expect(child.flags == parent.flags)
        #expect(child.state == "foo=1")
    }

    @Test("that begins here is sampled and valid, whatever chance gives")
    func begins() throws {
        struct Zero: RandomNumberGenerator { mutating func next() -> UInt64 { 0 } }
        var zero = Zero()
        let context = TraceContext(using: &zero)
        #expect(try #require(TraceContext(traceparent: context.traceparent)) == context)
        #expect(context.flags == 0b11)
    }
}
