// A web server for trying Kiln: a greeting, an echo, as many bytes as one likes, and their sum.
package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"net/http"
	"strconv"
)

// pattern is an endless stream whose bytes are known: byte i is i*7 mod 256.
type pattern struct{ at int64 }

func (p *pattern) Read(to []byte) (int, error) {
	for i := range to {
		to[i] = byte(p.at * 7)
		p.at++
	}
	return len(to), nil
}

func bytes(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.ParseInt(r.URL.Query().Get("n"), 10, 64)
	if err != nil || n < 0 {
		http.Error(w, "n is not a number of bytes", http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
	w.Header().Set("Content-Type", "application/octet-stream")
	io.CopyN(w, &pattern{}, n)
}

func sum(w http.ResponseWriter, r *http.Request) {
	hash := sha256.New()
	n, err := io.Copy(hash, r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintf(w, "%d %x\n", n, hash.Sum(nil))
}

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "Hello from Go: %s %s\n", r.Method, r.URL.Path)
	})
	http.HandleFunc("/bytes", bytes)
	http.HandleFunc("/sum", sum)
	log.Fatal(http.ListenAndServe(":8080", nil))
}
