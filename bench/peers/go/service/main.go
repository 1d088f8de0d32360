// SPDX-License-Identifier: Apache-2.0

// A service that answers GET /v1/users/{id} with JSON.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"net/http"
	"strconv"
	"strings"

	"apus.bench/peers/edge"
)

type user struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
}

func getUser(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	id, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/v1/users/"))
	if err != nil {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(user{ID: id, Name: "Ada Lovelace", Email: "ada@example.test"}); err != nil {
		log.Printf("%s: %v", edge.RequestID(r.Context()), err)
	}
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "listen address")
	flag.Parse()
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/users/", getUser)
	edge.Serve(*listen, edge.WithContext(mux))
}
