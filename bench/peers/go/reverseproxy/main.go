// SPDX-License-Identifier: Apache-2.0

// A reverse proxy as Go's standard library offers it.
package main

import (
	"flag"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"

	"apus.bench/peers/edge"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "listen address")
	upstream := flag.String("upstream", "", "URL of the upstream")
	flag.Parse()
	target, err := url.Parse(*upstream)
	if err != nil || target.Host == "" {
		log.Fatalf("-upstream: %q isn't a URL", *upstream)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	direct := proxy.Director
	proxy.Director = func(r *http.Request) { // X-Forwarded-For is set by the proxy itself
		direct(r)
		r.Header.Set("X-Forwarded-Proto", "http")
		if r.Header.Get(edge.RequestIDHeader) == "" {
			r.Header.Set(edge.RequestIDHeader, edge.NewRequestID())
		}
	}
	proxy.Transport = edge.Transport()
	mux := http.NewServeMux()
	mux.Handle("/v1/users/", proxy)
	edge.Serve(*listen, mux)
}
