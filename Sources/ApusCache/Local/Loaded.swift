// SPDX-License-Identifier: Apache-2.0

/// What a load gave, and how it is to be kept: a load may know better than its caller.
@usableFromInline
struct Loaded<Value: Sendable>: Sendable {
    @usableFromInline var value: Value
    /// nil: as the caller said.
    @usableFromInline var policy: CachePolicy?

    @inlinable
    init(_ value: Value, policy: CachePolicy? = nil) {
        self.value = value
        self.policy = policy
    }
}
