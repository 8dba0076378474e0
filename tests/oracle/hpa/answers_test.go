// Asks the autoscaler of Kubernetes how many replicas it would have, and writes its answers in the formats of
// data/vectors: hpa.json of its calculator, hpa_seq_*.json of the controller as a whole.
//
//	go test . -seed 7 -to DIRECTORY
package hpa

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"math/rand"
	"os"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/klog/v2"
)

const version = "k8s.io/kubernetes v1.37.2"

var (
	seed = flag.Int64("seed", 0, "of the questions")
	to   = flag.String("to", "", "the directory for the answers")
)

func one[T any](r *rand.Rand, of ...T) T { return of[r.Intn(len(of))] }

func write(t *testing.T, name string, answers map[string]any) {
	if *to == "" {
		t.Fatal("-to says where the answers go")
	}
	file, err := os.Create(filepath.Join(*to, name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := json.NewEncoder(file).Encode(answers); err != nil {
		t.Fatal(err)
	}
}

// Quantities are whole thousandths.
func thousandths(value float64) int64 { return int64(math.Round(value * 1000)) }

func TestCalculator(t *testing.T) {
	r := rand.New(rand.NewSource(*seed))
	answers := map[string]any{"source": fmt.Sprintf("%s ReplicaCalculator, seed %d", version, *seed)}
	answers["utilization"] = repeated(2000, func(i int) any { return askUtilization(r, i) })
	answers["averageValue"] = repeated(1000, func(i int) any { return askAverageValue(r, i) })
	answers["value"] = repeated(1000, func(i int) any { return askValue(r, i) })
	write(t, "hpa.json", answers)
}

func repeated(n int, ask func(int) any) []any {
	all := make([]any, n)
	for i := range all {
		all[i] = ask(i)
	}
	return all
}

func TestController(t *testing.T) {
	// That a metric is not known is what is asked about. The handlers there are wait by a clock that all sequences share.
	runtime.ErrorHandlers = nil
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	for name, n := range map[string]int{"none": 100, "default": 100, "rules": 400} {
		r := rand.New(rand.NewSource(*seed))
		sequences := make([]*sequence, n)
		for i := range sequences {
			sequences[i] = drawSequence(r, fmt.Sprintf("%s %d", name, i), name == "rules")
			ask(t, r, sequences[i], name)
		}
		source := fmt.Sprintf("%s HorizontalController, behavior: %s, seed %d", version, name, *seed)
		write(t, "hpa_seq_"+name+".json", map[string]any{"source": source, "sequences": sequences})
	}
}
