// SPDX-License-Identifier: Apache-2.0
import ApusContract

/// A small contract for the tests.
enum NotesAPI: Contract {
    static let name = "notes"
    static let version = "1.0.0"
    static var operations: [AnyOperation] {
        writeNote
        readNote
        listNotes
        changeNote
        removeNote
        fail
        publish
    }

    static let taken = DeclaredError(409, "title_taken", "Title taken")

    static let writeNote = Operation(
        .post, "/v1/notes", name: "writeNote", body: NewNote.self, output: Note.self, status: 201, errors: [taken])
    static let readNote = Operation(
        .get, "/v1/notes/{id}", name: "readNote", parameters: NoteReference.self, output: Note.self,
        errors: [.notFound])
    static let listNotes = Operation(
        .get, "/v1/notes", name: "listNotes", parameters: NoteListing.self, output: [Note].self)
    static let changeNote = Operation(
        .patch, "/v1/notes/{id}", name: "changeNote", parameters: NoteCondition.self, headers: ["If-Match"],
        body: NewNote.self, output: Note.self, errors: [.notFound, .preconditionFailed])
    static let removeNote = Operation(
        .delete, "/v1/notes/{id}", name: "removeNote", parameters: NoteReference.self, errors: [.notFound])
    static let fail = Operation(.get, "/v1/failures/{id}", name: "fail", parameters: NoteReference.self)
    static let publish = Operation(
        .post, "/v1/publications", name: "publish", body: NewNote.self, output: Note.self,
        idempotency: .key(required: true))
}

struct Note: Described, Hashable {
    let id: Int
    let title: String

    static let schema = Schema<Note> {
        Field("id", \.id)
        Field("title", \.title)
    }
}

struct NewNote: Described, Hashable {
    let title: String

    static let schema = Schema<NewNote> {
        Field("title", \.title, .length(1...20))
    }
}

struct NoteReference: Described, Hashable {
    let id: Int

    static let schema = Schema<NoteReference> {
        Field("id", \.id)
    }
}

struct NoteCondition: Described, Hashable {
    let id: Int
    let ifMatch: String?

    enum CodingKeys: String, CodingKey {
        case id
        case ifMatch = "If-Match"
    }

    static let schema = Schema<NoteCondition> {
        Field("id", \.id)
        Field("If-Match", \.ifMatch)
    }
}

struct NoteListing: Described, Hashable {
    let limit: Int?

    static let schema = Schema<NoteListing> {
        Field("limit", \.limit, .range(1...100))
    }
}
