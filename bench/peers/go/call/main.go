// SPDX-License-Identifier: Apache-2.0

// A service that answers GET /v1/greetings/{id} after asking another service for the user.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
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

type greeting struct {
	UserID int    `json:"userId"`
	Text   string `json:"text"`
}

type greeter struct {
	client   *http.Client
	upstream string
}

// fetch asks for the user within the deadline of r and under its id.
func (g *greeter) fetch(r *http.Request, id int) (user, error) {
	var found user
	url := g.upstream + "/v1/users/" + strconv.Itoa(id)
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, url, nil)
	if err != nil {
		return found, err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set(edge.RequestIDHeader, edge.RequestID(r.Context()))
	response, err := g.client.Do(request)
	if err != nil {
		return found, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return found, fmt.Errorf("users answered %s", response.Status)
	}
	if err := json.NewDecoder(response.Body).Decode(&found); err != nil {
		return found, err
	}
	_, err = io.Copy(io.Discard, response.Body) // to its end, so that the connection is used again
	return found, err
}

func (g *greeter) greet(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	id, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/v1/greetings/"))
	if err != nil {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	found, err := g.fetch(r, id)
	if err != nil {
		log.Printf("%s: %v", edge.RequestID(r.Context()), err)
		http.Error(w, "bad gateway", http.StatusBadGateway)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(greeting{UserID: found.ID, Text: "Hello, " + found.Name}); err != nil {
		log.Printf("%s: %v", edge.RequestID(r.Context()), err)
	}
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "listen address")
	upstream := flag.String("upstream", "", "URL of the service to ask")
	flag.Parse()
	g := &greeter{client: &http.Client{Transport: edge.Transport()}, upstream: strings.TrimSuffix(*upstream, "/")}
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/greetings/", g.greet)
	edge.Serve(*listen, edge.WithContext(mux))
}
