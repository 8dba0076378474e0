// Asks Knative's autoscaler how many pods it would have, and writes its answers as knative.json.
//
//	go run . SEED > knative.json
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand"
	"os"
	"strconv"
	"time"

	"go.uber.org/zap"
	"k8s.io/apimachinery/pkg/types"
	"knative.dev/serving/pkg/autoscaler/scaling"
)

func one[T any](r *rand.Rand, of ...T) T { return of[r.Intn(len(of))] }

func millionths(value float64) float64 { return math.Round(value*1e6) / 1e6 }

type step struct {
	T       int     `json:"t"`
	Ready   int     `json:"ready"`
	Stable  float64 `json:"stable"`
	Panic   float64 `json:"panic"`
	Desired int32   `json:"desired"`
	Ebc     int32   `json:"ebc"`
}

type sequence struct {
	Name                string  `json:"name"`
	Target              float64 `json:"target"`
	TotalCapacity       float64 `json:"totalCapacity"`
	TargetBurstCapacity float64 `json:"targetBurstCapacity"`
	MaxScaleUpRate      float64 `json:"maxScaleUpRate"`
	MaxScaleDownRate    float64 `json:"maxScaleDownRate"`
	PanicThreshold      float64 `json:"panicThreshold"`
	StableWindowS       int     `json:"stableWindowS"`
	ScaleDownDelayS     int     `json:"scaleDownDelayS"`
	ActivationScale     int32   `json:"activationScale"`
	Reachable           bool    `json:"reachable"`
	StartInPanic        bool    `json:"startInPanic"`
	Steps               []step  `json:"steps"`
}

// What the autoscaler sees at a step.
type world struct{ now *step }

func (w *world) StableAndPanicConcurrency(types.NamespacedName, time.Time) (float64, float64, error) {
	return w.now.Stable, w.now.Panic, nil
}

func (w *world) StableAndPanicRPS(types.NamespacedName, time.Time) (float64, float64, error) {
	return w.now.Stable, w.now.Panic, nil
}

func (w *world) ReadyCount() (int, error) { return w.now.Ready, nil }

func (w *world) NotReadyCount() (int, error) { return 0, nil }

// This version has the scale-down delay of what nobody can reach too, which later ones have not: it is not asked for.
func draw(r *rand.Rand, i int) *sequence {
	drawn := &sequence{
		Name: fmt.Sprint("scaler ", i), Target: one(r, 0.01, 1, 10, 70, 100, 24.01),
		TargetBurstCapacity: one(r, -1.0, 0, 10, 211, 1000),
		MaxScaleUpRate:      one(r, 1.1, 2, 2.25, 10, 1000), MaxScaleDownRate: one(r, 1.1, 1.5, 2, 10),
		PanicThreshold: one(r, 1.1, 1.5, 2, 10), StableWindowS: one(r, 6, 30, 60, 120, 3600),
		ActivationScale: one(r, int32(1), 1, 2, 4), Reachable: r.Intn(8) > 0, StartInPanic: r.Intn(6) == 0,
	}
	drawn.TotalCapacity = millionths(drawn.Target * one(r, 1, 1/0.7, 2))
	if drawn.Reachable {
		drawn.ScaleDownDelayS = one(r, 0, 0, 4, 10, 60)
	}
	t, ready := 0, 2+r.Intn(20)
	for range 8 + r.Intn(20) {
		ready = max(0, ready+one(r, 0, 0, -1, 1, r.Intn(20)-10))
		load := float64(max(1, ready)) * drawn.Target
		drawn.Steps = append(drawn.Steps, step{T: t, Ready: ready,
			Stable: millionths(load * one(r, 0, 0.5, 1, 1, 1.1, 2, 12*r.Float64())),
			Panic:  millionths(load * one(r, 0, 0.5, 1, 1, drawn.PanicThreshold, 2, 20*r.Float64()))})
		t += one(r, 1, 2, 2, 2, 10, drawn.StableWindowS, drawn.StableWindowS+1)
	}
	return drawn
}

// One that begins in panic is what it is where several pods are ready then.
func begin(of *sequence) (scaling.UniScaler, *world) {
	saw := &world{now: &step{}}
	if of.StartInPanic {
		of.Steps[0].Ready = max(2, of.Steps[0].Ready)
		saw.now = &of.Steps[0]
	}
	return scaling.New(context.Background(), "default", of.Name, saw, saw, &scaling.DeciderSpec{
		MaxScaleUpRate: of.MaxScaleUpRate, MaxScaleDownRate: of.MaxScaleDownRate, ScalingMetric: "concurrency",
		TargetValue: of.Target, TotalValue: of.TotalCapacity, TargetBurstCapacity: of.TargetBurstCapacity,
		PanicThreshold: of.PanicThreshold, StableWindow: time.Duration(of.StableWindowS) * time.Second,
		ScaleDownDelay: time.Duration(of.ScaleDownDelayS) * time.Second, ActivationScale: of.ActivationScale, Reachable: of.Reachable,
	}), saw
}

func ask(of *sequence, began time.Time, scaler scaling.UniScaler, saw *world) {
	for i := range of.Steps {
		saw.now = &of.Steps[i]
		answer := scaler.Scale(zap.NewNop().Sugar(), began.Add(time.Duration(saw.now.T)*time.Second))
		saw.now.Desired, saw.now.Ebc = answer.DesiredPodCount, answer.ExcessBurstCapacity
	}
}

// The time at which a panic begins is the real one, and the ticks of the delay are every two seconds: all begin within
// a second that is even, so that no question, of whole seconds, falls between a time and what is meant by it.
func main() {
	seed, err := strconv.ParseInt(os.Args[1], 10, 64)
	if err != nil {
		panic(err)
	}
	r := rand.New(rand.NewSource(seed))
	cases := make([]*sequence, 2000)
	scalers := make([]scaling.UniScaler, len(cases))
	worlds := make([]*world, len(cases))
	for i := range cases {
		cases[i] = draw(r, i)
	}
	began := time.Now().Truncate(2 * time.Second).Add(2 * time.Second)
	time.Sleep(time.Until(began))
	for i := range cases {
		scalers[i], worlds[i] = begin(cases[i])
	}
	if time.Since(began) >= time.Second {
		panic("this machine is too busy: run it again")
	}
	for i := range cases {
		ask(cases[i], began, scalers[i], worlds[i])
	}
	source := fmt.Sprintf("knative.dev/serving v0.42.2 pkg/autoscaler/scaling, seed %d", seed)
	if err := json.NewEncoder(os.Stdout).Encode(map[string]any{"source": source, "cases": cases}); err != nil {
		panic(err)
	}
}
