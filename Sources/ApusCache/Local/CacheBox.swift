// SPDX-License-Identifier: Apache-2.0

/// A value of any type. Immutable, so it may cross tasks although it has a subclass.
@usableFromInline
class CacheBox: @unchecked Sendable {
    @usableFromInline
    init() {}

    /// The value if it is exactly of this type.
    @inlinable
    final func value<Value: Sendable>(as type: Value.Type) -> Value? {
        // The exact type is compared, so the cast needs no look at protocols or subclasses.
        guard Swift.type(of: self) == TypedBox<Value>.self else { return nil }
        return unsafeDowncast(self, to: TypedBox<Value>.self).value
    }

    /// Stands for the answer that there is nothing.
    static let nothing: CacheBox = TypedBox(Nothing())

    private struct Nothing: Sendable {}
}

/// A value of a known type.
@usableFromInline
final class TypedBox<Value: Sendable>: CacheBox, @unchecked Sendable {
    @usableFromInline let value: Value

    init(_ value: Value) {
        self.value = value
    }
}
