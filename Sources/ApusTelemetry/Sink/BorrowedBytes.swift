// SPDX-License-Identifier: Apache-2.0

/// Bytes that cross into or out of a lock without being copied there.
///
/// Sendable because of who touches them: a producer's line is copied before the lock is released, and the part of the
/// ring that is being written is the drain's alone until it says that it is done.
struct BorrowedBytes: @unchecked Sendable {
    let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }
}
