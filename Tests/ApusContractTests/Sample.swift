// SPDX-License-Identifier: Apache-2.0
import ApusContract
import Foundation

/// A contract that uses everything.
enum SampleAPI: Contract {
    static let name = "sample"
    static let version = "1.2.3"
    static var operations: [AnyOperation] {
        makeThing
        getThing
        listThings
        removeThing
    }

    static let taken = DeclaredError(409, "name_taken", "Name taken")

    static let makeThing = Operation(
        .post, "/v1/things", name: "makeThing", body: Thing.self, output: Thing.self, status: 201, errors: [taken],
        idempotency: .key(required: true), summary: "Makes a thing.")
    static let getThing = Operation(
        .get, "/v1/boxes/{box}/things/{id}", name: "getThing", parameters: ThingReference.self, headers: ["If-Match"],
        output: Thing.self, errors: [.notFound])
    static let listThings = Operation(
        .get, "/v1/things", name: "listThings", parameters: ThingListing.self, output: [Thing].self)
    static let removeThing = Operation(
        .delete, "/v1/boxes/{box}/things/{id}", name: "removeThing", parameters: ThingReference.self,
        headers: ["If-Match"])
}

enum Colour: String, SchemaChoice {
    case red, green
}

struct Part: Described, Hashable {
    let name: String
    let quantity: Int

    static let schema = Schema<Part> {
        Field("name", \.name, .length(1...10))
        Field("quantity", \.quantity, .range(1...5))
    }
}

struct Thing: Described, Hashable {
    var name: String
    var email: String?
    var weight: Double
    var colour: Colour
    var parts: [Part]
    var isNew: Bool
    var madeAt: Date

    static let schema = Schema<Thing> {
        Field("name", \.name, .length(2...10), .notBlank, note: "What it is called.")
        Field("email", \.email, .email)
        Field("weight", \.weight)
        Field("colour", \.colour)
        Field("parts", \.parts, .count(0...3), .unique(by: \.name, "part"))
        Field("isNew", \.isNew)
        Field("madeAt", \.madeAt)
    }
    .requiring("heavy_new", "must not be new and heavy") { !($0.isNew && $0.weight > 100) }

    static let sample = Thing(
        name: "lamp", email: nil, weight: 1.5, colour: .red, parts: [Part(name: "bulb", quantity: 2)], isNew: true,
        madeAt: Date(timeIntervalSince1970: 1_767_225_600.25))
}

struct ThingReference: Described, Hashable {
    let box: String
    let id: Int
    let colour: Colour?
    let ifMatch: String?

    enum CodingKeys: String, CodingKey {
        case box, id, colour
        case ifMatch = "If-Match"
    }

    static let schema = Schema<ThingReference> {
        Field("box", \.box)
        Field("id", \.id, .range(1...))
        Field("colour", \.colour)
        Field("If-Match", \.ifMatch)
    }
}

struct ThingListing: Described, Hashable {
    var limit: Int?
    var cursor: String?
    var since: Date?
    var all: Bool?

    static let schema = Schema<ThingListing> {
        Field("limit", \.limit, .range(1...100))
        Field("cursor", \.cursor)
        Field("since", \.since)
        Field("all", \.all)
    }
}

extension Problem {
    /// The violations as `field code`, for comparing.
    var summaries: [String] { (errors ?? []).map { "\($0.field) \($0.code)" } }
}
