// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@Suite("The name that somebody probably meant")
struct NearestNameTests {
    @Test(
        "is near enough, or none",
        arguments: [
            ("adress", "address"), ("GTE", "GET"), ("get", "GET"), ("endpoint", "endpoints"), ("", nil), ("xyz", nil),
            ("colour", nil), ("a", nil),
        ])
    func nearest(text: String, expected: String?) {
        #expect(NearestName.nearest(to: text, in: ["address", "GET", "endpoints"]) == expected)
    }

    @Test("of equally near ones the first is taken, and long texts cost a bounded time")
    func bounds() {
        #expect(NearestName.nearest(to: "ac", in: ["ab", "ad"]) == "ab")
        #expect(NearestName.nearest(to: "a", in: ["b"]) == nil)
        let long = String(repeating: "a", count: 1 << 20)
        #expect(NearestName.distance(long, String(repeating: "b", count: 1 << 20)) == 64)
        #expect(NearestName.nearest(to: "a", in: [] as [String]) == nil)
    }
}
