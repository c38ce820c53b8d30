// Goroutines, channels, a garbage collector under load, timers, panics that are caught. Prints fixed lines.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"
)

type node struct {
	left, right *node
	value       int
}

func grow(depth int) *node {
	if depth == 0 {
		return &node{value: 1}
	}
	return &node{grow(depth - 1), grow(depth - 1), 1}
}

func (n *node) sum() int {
	if n == nil {
		return 0
	}
	return n.value + n.left.sum() + n.right.sum()
}

func pipeline(workers, items int) int {
	in, out := make(chan int), make(chan int)
	var group sync.WaitGroup
	for i := 0; i < workers; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for v := range in {
				out <- v * v
			}
		}()
	}
	go func() {
		for i := 0; i < items; i++ {
			in <- i
		}
		close(in)
		group.Wait()
		close(out)
	}()
	sum := 0
	for v := range out {
		sum += v
	}
	return sum
}

func nilDereference() (message string) {
	defer func() { message = fmt.Sprint(recover()) }()
	var n *node
	n.value = 1 // a SIGSEGV that becomes a panic
	return "no panic"
}

func main() {
	fmt.Println("pipeline:", pipeline(50, 2000))

	var group sync.WaitGroup
	total := make([]int, 8)
	for i := range total {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			for j := 0; j < 10; j++ {
				total[i] += grow(10).sum()
			}
		}(i)
	}
	group.Wait()
	sum := 0
	for _, v := range total {
		sum += v
	}
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	fmt.Println("trees:", sum, "collected:", memory.NumGC > 0)

	fmt.Println("panic:", nilDereference())

	spin, stop := make(chan bool), false
	go func() { // never calls anything: only a signal can stop it
		for i := 0; !stop; i++ {
		}
		spin <- true
	}()
	start := time.Now()
	<-time.After(20 * time.Millisecond)
	fmt.Println("timer:", time.Since(start) >= 20*time.Millisecond)

	words := strings.Fields("delta alpha charlie bravo")
	sort.Strings(words)
	fmt.Println("sorted:", strings.Join(words, " "))
	if name := "/tmp/guest-go"; os.WriteFile(name, []byte("go"), 0o600) == nil {
		data, _ := os.ReadFile(name)
		fmt.Println("file:", string(data))
		os.Remove(name)
	}
}
