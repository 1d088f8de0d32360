// SPDX-License-Identifier: Apache-2.0
import ApusContract
import Foundation
import Testing

@Suite("Parameters")
struct ParameterTests {
    private func listing(_ query: String) throws -> ThingListing {
        try SampleAPI.listThings.decodeParameters(path: [], query: Substring(query)) { _ in nil }
    }

    private func problem(_ query: String) -> [String]? {
        #expect(throws: Problem.self) { try listing(query) }?.summaries
    }

    @Test("Path, query and headers fill one value")
    func places() throws {
        let parameters = try SampleAPI.getThing.decodeParameters(path: ["a%20b", "7"], query: "colour=red") { name in
            name == "If-Match" ? "\"3\"" : nil
        }
        #expect(parameters == ThingReference(box: "a b", id: 7, colour: .red, ifMatch: "\"3\""))
    }

    @Test("What a client encodes a service decodes", arguments: ["plain", "a/b?c=d&e#f", "ü 100% +", "..", "%2F"])
    func roundTrip(text: String) throws {
        let parameters = ThingReference(box: text, id: 3, colour: .green, ifMatch: "\"x\"")
        let target = SampleAPI.getThing.target(for: parameters)
        let halves = target.split(separator: "?", maxSplits: 1)
        let segments = halves[0].split(separator: "/")
        let headers = SampleAPI.getThing.headers(for: parameters)
        let decoded = try SampleAPI.getThing.decodeParameters(path: [segments[2], segments[4]], query: halves[1]) {
            name in
            headers.first { $0.name == name }?.value
        }
        #expect(decoded == parameters)
    }

    @Test("Query values are typed, and absent ones are nil")
    func query() throws {
        #expect(try listing("") == ThingListing())
        #expect(
            try listing("limit=5&cursor=a+b%26c&since=2026-01-01T00:00:00Z&all=true&unknown=x&&=y")
                == ThingListing(
                    limit: 5, cursor: "a b&c", since: Date(timeIntervalSince1970: 1_767_225_600), all: true))
        #expect(try listing("cursor=") == ThingListing(cursor: ""))
    }

    @Test("Every wrong parameter is named at once")
    func violations() {
        #expect(problem("limit=abc&since=yesterday&all=yes") == ["limit type", "since type", "all type"])
        #expect(problem("limit=0") == ["limit range"])
        #expect(problem("limit=") == ["limit type"])
        #expect(problem("limit=+5") == ["limit type"])
        #expect(problem("limit=%2B5") == ["limit type"])
        #expect(problem("limit=5.0") == ["limit type"])
        #expect(problem("limit=99999999999999999999") == ["limit type"])
        #expect(problem("limit=1&limit=2") == ["limit repeated"])
        #expect(problem("cursor=%C3%28") == ["cursor encoding"])
        #expect(problem("cursor=%4") == ["cursor encoding"])
    }

    @Test("A path parameter of the wrong type and an unknown choice are named")
    func path() {
        let problem = #expect(throws: Problem.self) {
            try SampleAPI.getThing.decodeParameters(path: ["a", "x"], query: "colour=blue") { _ in nil }
        }
        #expect(problem?.status == 422)
        #expect(problem?.errors?.map(\.message) == ["must be a whole number", "must be one of red, green"])
    }

    @Test("The declaration says where a parameter stands")
    func declaration() {
        #expect(SampleAPI.getThing.any.parameters.map(\.place) == [.path, .path, .query, .header])
        #expect(SampleAPI.operations.flatMap(\.problems).isEmpty)
        let broken = Operation(
            .get, "v1//{x}/{x}/a{b}", name: "broken", parameters: ThingListing.self, headers: ["Nope"])
        #expect(broken.any.problems.count == 7)
    }
}
