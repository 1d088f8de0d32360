// SPDX-License-Identifier: Apache-2.0
import ApusContract
import Testing

@Suite("Entity tags")
struct EntityTagTests {
    @Test(
        "If-Match holds for the tag itself, a list with it, any, and without a header",
        arguments: [
            nil, "\"3\"", "*", "\"1\", \"3\"", "\"1\",\t\"3\" ", " * ",
        ])
    func holds(header: String?) {
        #expect(EntityTag(version: 3).fulfils(ifMatch: header))
    }

    @Test("If-Match fails for others, weak ones and what is no tag", arguments: ["\"4\"", "W/\"3\"", "3", "", ","])
    func fails(header: String) {
        #expect(!EntityTag(version: 3).fulfils(ifMatch: header))
    }
}
