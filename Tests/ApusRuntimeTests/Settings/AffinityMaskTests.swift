// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ApusRuntime

@Suite("Usable CPUs")
struct AffinityMaskTests {
    @Test(
        "the bits of the mask are counted",
        arguments: [("3", 2), ("f", 4), ("ff,ffffffff", 40), ("00000000,00000001", 1)])
    func bits(mask: String, count: Int) {
        let status = "Name:\tx\nCpus_allowed:\t\(mask)\nCpus_allowed_list:\t0-99\n"
        #expect(AffinityMask.count(inStatus: status) == count)
    }

    @Test("a text without a mask gives none") func none() { #expect(AffinityMask.count(inStatus: "Name: x") == nil) }

    @Test("this machine has at least one") func here() { #expect(AffinityMask.count >= 1) }
}
