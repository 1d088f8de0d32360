// SPDX-License-Identifier: Apache-2.0

/// What is removed from a cache: some keys, whatever has a tag, or everything.
public enum CacheRemoval: Sendable, Hashable {
    /// What is under these keys.
    case keys([String])
    /// What was stored with this tag.
    case tag(String)
    /// Everything of this cache.
    case all
}
