// SPDX-License-Identifier: Apache-2.0
// hiredis' reply parser and command formatter; no sockets. Versions 0.14 and 1.x.
#ifndef APUS_CHIREDIS_SHIM_H
#define APUS_CHIREDIS_SHIM_H

#include <hiredis/hiredis.h>
#include <stdlib.h>

#if HIREDIS_MAJOR >= 1
typedef size_t apus_element_count;
#else
typedef int apus_element_count;
#endif

// hiredis allocates what an array's header announces before an element has come. This table refuses arrays that
// announce more than `limit` elements: the parser then fails with its error for lack of memory.
typedef struct apus_reply_functions {
    redisReplyObjectFunctions table;
    void *(*create_array)(const redisReadTask *, apus_element_count);
    size_t limit;
} apus_reply_functions;

static inline void *apus_create_bounded_array(const redisReadTask *task, apus_element_count count) {
    const apus_reply_functions *functions = (const apus_reply_functions *)task->privdata;
    if (functions == NULL || (size_t)count > functions->limit) return NULL;
    return functions->create_array(task, count);
}

// A parser whose arrays have at most `limit` elements; NULL without memory.
static inline redisReader *apus_reader_create(size_t limit) {
    redisReader *reader = redisReaderCreate();
    apus_reply_functions *functions = (apus_reply_functions *)malloc(sizeof(apus_reply_functions));
    if (reader == NULL || functions == NULL) {
        if (reader != NULL) redisReaderFree(reader);
        free(functions);
        return NULL;
    }
    functions->table = *reader->fn;
    functions->create_array = reader->fn->createArray;
    functions->limit = limit;
    functions->table.createArray = apus_create_bounded_array;
    reader->fn = &functions->table;
    reader->privdata = functions;
    return reader;
}

static inline void apus_reader_free(redisReader *reader) {
    void *functions = reader->privdata;
    redisReaderFree(reader);
    free(functions);
}

#endif
