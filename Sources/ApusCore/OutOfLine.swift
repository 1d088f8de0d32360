// SPDX-License-Identifier: Apache-2.0

/// A value that is kept beside whoever holds it, who needs eight bytes for it. Copies share it until one is changed.
///
/// For what is large and passed on through many calls. An `async` function keeps everything that it was given, and each
/// error that it may throw, in its frame for as long as it is suspended; frames of a kilobyte and more are what makes a
/// chain of them expensive.
public struct OutOfLine<Value: Sendable>: Sendable {
    @usableFromInline
    final class Storage: @unchecked Sendable {
        // Changed only by who alone holds it.
        @usableFromInline var value: Value

        @inlinable
        init(_ value: Value) {
            self.value = value
        }
    }

    @usableFromInline var storage: Storage

    @inlinable
    public init(_ value: Value) {
        storage = Storage(value)
    }

    /// What is kept.
    @inlinable public var value: Value {
        _read { yield storage.value }
        _modify {
            if !isKnownUniquelyReferenced(&storage) { storage = Storage(storage.value) }
            yield &storage.value
        }
    }
}

extension OutOfLine: Equatable where Value: Equatable {
    @inlinable
    public static func == (left: OutOfLine, right: OutOfLine) -> Bool {
        left.storage === right.storage || left.value == right.value
    }
}

extension OutOfLine: Hashable where Value: Hashable {
    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(value)
    }
}
