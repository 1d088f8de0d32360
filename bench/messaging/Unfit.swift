// SPDX-License-Identifier: Apache-2.0

/// Why a measurement doesn't count, or can't be made.
struct Unfit: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
