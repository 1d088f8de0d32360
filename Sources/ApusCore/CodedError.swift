// SPDX-License-Identifier: Apache-2.0

/// An error with a stable name of its kind that holds nothing secret, no address and no name of a user: what anyone who
/// asks may see of it, such as in `/health`.
public protocol CodedError: Error {
    /// Such as `connect_failed`.
    var codeName: String { get }
}
