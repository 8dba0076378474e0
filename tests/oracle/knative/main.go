// Asks the windows over which Knative's autoscaler averages, and writes what they answer as knative_windows.json.
//
//	go run . SEED > knative_windows.json
package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand"
	"os"
	"strconv"
	"time"

	"knative.dev/serving/pkg/autoscaler/aggregation"
)

type window struct {
	Length int     `json:"length"`
	Ops    [][]any `json:"ops"`
}

func one[T any](r *rand.Rand, of ...T) T { return of[r.Intn(len(of))] }

func millionths(value float64) float64 { return math.Round(value*1e6) / 1e6 }

func ask(r *rand.Rand) window {
	w := window{Length: one(r, 1, 2, 6, 60)}
	buckets := aggregation.NewTimedFloat64Buckets(time.Duration(w.Length)*time.Second, time.Second)
	now := int64(1000)
	for range 20 {
		now += int64(one(r, 0, 1, 1, 2, 3, w.Length-1, w.Length, w.Length+1))
		at := time.Unix(now, 0)
		if r.Intn(2) == 0 {
			value := millionths(one(r, 0, 1e-5, 9, 90) * r.Float64())
			buckets.Record(at, value)
			w.Ops = append(w.Ops, []any{"r", now, value})
		} else {
			w.Ops = append(w.Ops, []any{"a", now, buckets.WindowAverage(at), buckets.IsEmpty(at)})
		}
	}
	return w
}

func main() {
	seed, err := strconv.ParseInt(os.Args[1], 10, 64)
	if err != nil {
		panic(err)
	}
	r := rand.New(rand.NewSource(seed))
	windows := make([]window, 150)
	for i := range windows {
		windows[i] = ask(r)
	}
	source := fmt.Sprintf("knative.dev/serving v0.51.0 TimedFloat64Buckets, seed %d", seed)
	if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"source": source, "windows": windows}); err != nil {
		panic(err)
	}
}
