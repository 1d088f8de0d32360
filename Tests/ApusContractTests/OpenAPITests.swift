// SPDX-License-Identifier: Apache-2.0
import ApusContract
import Testing

@Suite("OpenAPI")
struct OpenAPITests {
    private let document = OpenAPI.json(for: SampleAPI.self)

    @Test("The document names version, contract, paths and components")
    func structure() throws {
        #expect(document["openapi"] == "3.1.1")
        #expect(document["info"]?["title"] == "sample")
        #expect(document["info"]?["version"] == "1.2.3")
        #expect(document["paths"]?["/v1/things"]?["post"]?["operationId"] == "makeThing")
        #expect(document["paths"]?["/v1/things"]?["get"]?["operationId"] == "listThings")
        #expect(try JSONParser.parse(OpenAPI.document(for: SampleAPI.self)) == document)
        guard case .object(let schemas)? = document["components"]?["schemas"] else {
            Issue.record("no schemas")
            return
        }
        #expect(schemas.map(\.name) == ["Part", "Problem", "Thing", "Violation"])
    }

    @Test("Rules are keywords of the schema, optional fields are not required")
    func schemas() {
        let thing = document["components"]?["schemas"]?["Thing"]
        #expect(
            thing?["properties"]?["name"]
                == [
                    "type": "string", "minLength": 2, "maxLength": 10, "pattern": "\\S",
                    "description": "What it is called.",
                ])
        #expect(thing?["properties"]?["colour"]?["enum"] == ["red", "green"])
        #expect(thing?["properties"]?["madeAt"]?["format"] == "date-time")
        #expect(thing?["properties"]?["parts"]?["items"]?["$ref"] == "#/components/schemas/Part")
        #expect(thing?["required"] == ["name", "weight", "colour", "parts", "isNew", "madeAt"])
    }

    @Test("Parameters have their places, and an idempotency key is one")
    func parameters() {
        let get = document["paths"]?["/v1/boxes/{box}/things/{id}"]?["get"]?["parameters"]
        #expect(get?[0]?["in"] == "path")
        #expect(get?[0]?["required"] == true)
        #expect(get?[1]?["schema"]?["minimum"] == 1)
        #expect(get?[2]?["in"] == "query")
        #expect(get?[2]?["required"] == false)
        #expect(get?[3]?["name"] == "If-Match")
        let make = document["paths"]?["/v1/things"]?["post"]?["parameters"]
        #expect(make?[0]?["name"] == "Idempotency-Key")
        #expect(make?[0]?["required"] == true)
    }

    @Test("Responses hold success, declared errors, those that come with a body, and the rest")
    func responses() {
        guard case .object(let responses)? = document["paths"]?["/v1/things"]?["post"]?["responses"] else {
            Issue.record("no responses")
            return
        }
        #expect(responses.map(\.name) == ["201", "400", "409", "422", "default"])
        #expect(
            responses[2].value["content"]?["application/problem+json"]?["schema"]?["$ref"]
                == "#/components/schemas/Problem")
        let removal = document["paths"]?["/v1/boxes/{box}/things/{id}"]?["delete"]?["responses"]?["204"]
        #expect(removal == ["description": "Success."])
    }
}
