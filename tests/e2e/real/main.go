// A net/http server, and a net/http client with the questions it should be able to answer through any proxy.
// serve ADDRESS | ask BASE-URL
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

func serve(address string) error {
	mux := http.NewServeMux()
	mux.HandleFunc("/bytes/", func(w http.ResponseWriter, r *http.Request) {
		size, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/bytes/"))
		if err != nil {
			http.Error(w, "how many?", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(size))
		_, _ = w.Write(bytes.Repeat([]byte("x"), size))
	})
	mux.HandleFunc("/sum", func(w http.ResponseWriter, r *http.Request) {
		sum := sha256.New()
		size, err := io.Copy(sum, r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, "%d %s", size, hex.EncodeToString(sum.Sum(nil)))
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		// All of it first: this server stops reading when it begins to answer.
		content, _ := io.ReadAll(r.Body)
		_, _ = w.Write(content[:len(content)/2])
		w.(http.Flusher).Flush()
		_, _ = w.Write(content[len(content)/2:])
		sum := sha256.Sum256(content)
		w.Header().Set("X-Sum", hex.EncodeToString(sum[:]))
	})
	mux.HandleFunc("/ticks", func(w http.ResponseWriter, r *http.Request) {
		// Each line only after the one before was asked for by /tick, so nothing on the way may hold it back.
		for tick := 0; tick < 5; tick++ {
			fmt.Fprintf(w, "tick %d\n", tick)
			w.(http.Flusher).Flush()
			<-ticks
		}
	})
	mux.HandleFunc("/tick", func(http.ResponseWriter, *http.Request) { ticks <- struct{}{} })
	return http.ListenAndServe(address, mux)
}

var ticks = make(chan struct{})

func body(response *http.Response, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, text)
	}
	return string(text), err
}

func must(what string, ok bool, detail ...any) {
	if !ok {
		fmt.Fprintln(os.Stderr, append([]any{"FAILED:", what}, detail...)...)
		os.Exit(1)
	}
}

func ask(base string) {
	client := &http.Client{Timeout: 20 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: 16, ExpectContinueTimeout: 5 * time.Second}}
	for _, size := range []int{0, 1, 65536, 5 << 20} {
		text, err := body(client.Get(fmt.Sprintf("%s/bytes/%d", base, size)))
		must("an answer has its size", err == nil && len(text) == size, size, len(text), err)
	}
	var group sync.WaitGroup
	for caller := 0; caller < 16; caller++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := 0; i < 50; i++ {
				text, err := body(client.Get(base + "/bytes/100"))
				must("many callers", err == nil && len(text) == 100, err)
			}
		}()
	}
	group.Wait()
	sent := bytes.Repeat([]byte("0123456789abcdef"), 4<<20/16)
	sum := sha256.Sum256(sent)
	want := hex.EncodeToString(sum[:])
	for _, expect := range []string{"", "100-continue"} {
		request, _ := http.NewRequest("POST", base+"/sum", bytes.NewReader(sent))
		if expect != "" {
			request.Header.Set("Expect", expect)
		}
		text, err := body(client.Do(request))
		must("an upload arrives", err == nil && text == fmt.Sprintf("%d %s", len(sent), want), expect, text, err)
	}
	// Without a length, so in chunks both ways, and with a trailer.
	request, _ := http.NewRequest("POST", base+"/echo", io.MultiReader(bytes.NewReader(sent)))
	response, err := client.Do(request)
	text, err := body(response, err)
	must("an echo in chunks", err == nil && text == string(sent), len(text), err)
	must("a trailer", response.Trailer.Get("X-Sum") == want, response.Trailer)
	response, err = client.Head(base + "/bytes/12345")
	must("HEAD", err == nil && response.ContentLength == 12345, response, err)
	response, err = client.Get(base + "/ticks")
	must("a stream begins", err == nil, err)
	lines := bufio.NewReader(response.Body)
	for tick := 0; tick < 5; tick++ {
		line, err := lines.ReadString('\n')
		must("a stream goes on", err == nil && line == fmt.Sprintf("tick %d\n", tick), line, err)
		_, err = body(client.Get(base + "/tick"))
		must("the next tick", err == nil, err)
	}
	response.Body.Close()
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "serve ADDRESS | ask BASE-URL")
		os.Exit(2)
	}
	if os.Args[1] == "serve" {
		must("serve", false, serve(os.Args[2]))
	}
	ask(os.Args[2])
}
