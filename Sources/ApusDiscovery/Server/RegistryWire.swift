// SPDX-License-Identifier: Apache-2.0
import ApusCore
import ApusHTTP
import Foundation
import NIOCore

/// The JSON documents of the registry's HTTP interface, as `docs/registry.md` shows them.
enum RegistryWire {
    /// The body of a registration.
    struct Registration: Codable {
        var url: String
        var metadata: [String: String]?
        var ttlSeconds: Double
    }

    struct GrantedLease: Codable {
        var service: String
        var id: String
        var generation: UInt64
        var ttlSeconds: Double

        init(_ lease: Lease) {
            service = lease.service
            id = lease.id
            generation = lease.generation
            ttlSeconds = lease.ttl.seconds
        }

        var lease: Lease { Lease(service: service, id: id, generation: generation, ttl: .seconds(ttlSeconds)) }
    }

    struct ListedInstance: Codable {
        var id: String
        var url: String
        var metadata: [String: String]

        init(_ instance: Instance) {
            id = instance.id
            url = instance.endpoint.description
            metadata = instance.metadata
        }

        /// Nil if the URL can't be read.
        func instance(of service: String) -> Instance? {
            Origin(url: url).map { Instance(id: id, service: service, endpoint: $0, metadata: metadata) }
        }
    }

    struct Listing: Codable {
        var service: String
        var index: UInt64
        var instances: [ListedInstance]
    }

    struct Summary: Codable {
        struct Entry: Codable {
            var name: String
            var index: UInt64
            var instances: Int
        }

        var index: UInt64
        var services: [Entry]
    }

    struct Changes: Codable {
        struct Entry: Codable {
            var index: UInt64
            var kind: RegistryChange.Kind
            var service: String
            var instance: ListedInstance
        }

        var index: UInt64
        var changes: [Entry]
    }

    /// An error document (RFC 9457).
    struct Problem: Codable {
        var type: String
        var title: String
        var status: Int
        var detail: String
        var code: String
    }

    struct Health: Codable {
        var status: String
        var instances: Int
        var waiting: Int
        var storage: String
    }

    static func encode(_ document: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ByteBuffer(bytes: try encoder.encode(document))
    }

    static func decode<Document: Decodable>(_ type: Document.Type, from bytes: ByteBuffer) throws -> Document {
        try JSONDecoder().decode(type, from: Data(bytes.readableBytesView))
    }
}
