// SPDX-License-Identifier: Apache-2.0
import ApusCache

// The two calls of each load, written straight into their frames.
extension RedisCacheStore {
    /// `MGET` of what a lease looks at, and `PTTL` of the key.
    @inline(never)
    func readFrame(_ key: String, _ tags: [String]) -> RedisFrame {
        var frame = RedisFrame(capacity: room(for: key, tags))
        frame.command("MGET", words: tags.count + 2)
        write(leaseNames: key, tags, to: &frame)
        frame.command("PTTL", words: 1)
        frame.word(configuration.namespace, key)
        return frame
    }

    /// The script for a fill, in the order that it says.
    @inline(never)
    func fillFrame(
        _ command: String, _ script: String, _ key: String, _ item: CacheStoreItem, _ seen: RedisCacheLease
    ) -> RedisFrame {
        let tags = item.tags
        var frame = RedisFrame(
            capacity: room(for: key, tags) + script.utf8.count + item.bytes.count
                + seen.count * (Self.headLength + Self.wordFrame))
        frame.command(command, words: 2 + seen.count + tags.count + 4 + seen.count)
        frame.word(script)
        frame.word(seen.count + tags.count)
        write(leaseNames: key, tags, to: &frame)
        for tag in tags { frame.word(configuration.namespace, Self.setInfix, tag) }
        frame.word(seen.count)
        frame.word(Self.headLength + item.bytes.count) { bytes in
            appendHead("V", to: &bytes)
            bytes.append(contentsOf: item.bytes)
        }
        frame.word(Int(Self.milliseconds(item.timeToLive)))
        frame.word(key)
        seen.forEachHead { frame.word($0) }
        return frame
    }

    /// What a lease looks at; the key itself is the last.
    private func write(leaseNames key: String, _ tags: [String], to frame: inout RedisFrame) {
        frame.word(everything)
        for tag in tags { frame.word(configuration.namespace, Self.markInfix, tag) }
        frame.word(configuration.namespace, key)
    }

    /// What is around a word that isn't large.
    private static let wordFrame = 8

    /// For names, and as much again for what else there is.
    private func room(for key: String, _ tags: [String]) -> Int {
        let namespace = configuration.namespace.utf8.count + 6 + Self.wordFrame
        return tags.reduce(128 + 2 * (namespace + key.utf8.count)) { $0 + 2 * (namespace + $1.utf8.count) }
    }
}
