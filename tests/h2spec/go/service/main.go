// A service that speaks HTTP/2 without TLS and answers whatever it is asked.
package main

import (
	"flag"
	"io"
	"log"
	"net/http"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"
)

func main() {
	address := flag.String("listen", "", "address and port")
	flag.Parse()
	answer := func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, "an answer of a few bytes\n")
	}
	log.Fatal(http.ListenAndServe(*address, h2c.NewHandler(http.HandlerFunc(answer), &http2.Server{})))
}
