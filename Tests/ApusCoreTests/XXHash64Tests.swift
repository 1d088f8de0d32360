// SPDX-License-Identifier: Apache-2.0
import ApusCore
import Testing

@Suite("XXH64")
struct XXHash64Tests {
    @Test(
        "gives the published hashes of strings",
        arguments: [
            ("", 0xEF46_DB37_51D8_E999), ("a", 0xD24E_C4F1_A98C_6E5B), ("abc", 0x44BC_2CF5_AD77_0999),
            ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
        ] as [(String, UInt64)])
    func strings(_ string: String, _ expected: UInt64) {
        #expect(XXHash64.hash(string) == expected)
    }

    /// The input of the reference implementation's own check.
    private static let sanityBytes: [UInt8] = {
        var generator: UInt64 = 2_654_435_761
        return (0..<222).map { _ in
            let byte = UInt8(generator >> 56)
            generator &*= 11_400_714_785_074_694_797
            return byte
        }
    }()

    @Test(
        "gives the hashes of the reference implementation's sanity check",
        arguments: [
            (0, 0, 0xEF46_DB37_51D8_E999), (0, 2_654_435_761, 0xAC75_FDA2_929B_17EF),
            (1, 0, 0xE934_A84A_DB05_2768), (1, 2_654_435_761, 0x5014_6076_43A9_B4C3),
            (14, 0, 0x8282_DCC4_994E_35C8), (14, 2_654_435_761, 0xC3BD_6BF6_3DEB_6DF0),
            (222, 0, 0xB641_AE8C_B691_C174), (222, 2_654_435_761, 0x20CB_8AB7_AE10_C14A),
        ] as [(Int, UInt64, UInt64)])
    func sanity(_ length: Int, _ seed: UInt64, _ expected: UInt64) {
        Self.sanityBytes.withUnsafeBytes { bytes in
            #expect(XXHash64.hash(UnsafeRawBufferPointer(rebasing: bytes[..<length]), seed: seed) == expected)
        }
    }

    @Test("hashes a number as its eight bytes")
    func numbers() {
        for number in [0, 1, 0x0123_4567_89AB_CDEF, UInt64.max] {
            let bytes = withUnsafeBytes(of: number.littleEndian) { XXHash64.hash($0, seed: 7) }
            #expect(XXHash64.hash(number, seed: 7) == bytes)
        }
    }

    @Test("doesn't depend on where a string's bytes lie, and every byte counts")
    func everyByte() {
        let text = String(repeating: "0123456789", count: 8)
        let hashes = (0...80).map { XXHash64.hash(String(text.prefix($0))) }
        #expect(Set(hashes).count == 81)
        #expect(XXHash64.hash(String("x\(text)".dropFirst())) == XXHash64.hash(text))
    }
}
