// SPDX-License-Identifier: Apache-2.0

/// An answer that isn't what was asked for: the figures wouldn't count.
struct WrongAnswer: Error, CustomStringConvertible {
    let description: String
}
