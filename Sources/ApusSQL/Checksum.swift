// SPDX-License-Identifier: Apache-2.0
import ApusCore

/// FNV-1a with 64 bits: finds an accidental change, promises nothing against a deliberate one.
enum Checksum {
    /// The checksum of the texts and of where each ends.
    static func fnv1a(_ texts: [String]) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        func feed(_ byte: UInt8) {
            hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        for text in texts {
            for byte in text.utf8 { feed(byte) }
            feed(0)
        }
        return Hex.string(hash)
    }
}
