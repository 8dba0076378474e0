package hpa

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand"
	"time"
	"unsafe"

	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/pkg/controller/podautoscaler"
	"k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
)

// What the calculator is told: of pods, and of what is outside.
type told struct {
	pods     metrics.PodMetricsInfo
	external func(name string) ([]int64, error)
}

func (m told) GetResourceMetric(context.Context, core.ResourceName, string, labels.Selector, string) (metrics.PodMetricsInfo, time.Time, error) {
	if len(m.pods) == 0 {
		return nil, time.Time{}, errors.New("no metrics")
	}
	return m.pods, time.Now(), nil
}

func (m told) GetRawMetric(string, string, labels.Selector, labels.Selector) (metrics.PodMetricsInfo, time.Time, error) {
	return nil, time.Time{}, errors.New("no such metric")
}

func (m told) GetObjectMetric(string, string, *autoscaling.CrossVersionObjectReference, labels.Selector) (int64, time.Time, error) {
	return 0, time.Time{}, errors.New("no such metric")
}

func (m told) GetExternalMetric(name, _ string, _ labels.Selector) ([]int64, time.Time, error) {
	values, err := m.external(name)
	return values, time.Now(), err
}

const (
	namespace      = "default"
	youngFor       = 5 * time.Minute  // --horizontal-pod-autoscaler-cpu-initialization-period
	readinessDelay = 30 * time.Second // --horizontal-pod-autoscaler-initial-readiness-delay
	metricsWindow  = time.Minute
)

func calculator(m told, pods ...*core.Pod) *podautoscaler.ReplicaCalculator {
	indexer := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	for _, pod := range pods {
		if err := indexer.Add(pod); err != nil {
			panic(err)
		}
	}
	return podautoscaler.NewReplicaCalculator(m, listers.NewPodLister(indexer), youngFor, readinessDelay)
}

// The type has no public fields, and the calculator no other way to be told its tolerances.
func tolerances(both float64) podautoscaler.Tolerances {
	fields := [2]float64{both, both}
	if unsafe.Sizeof(fields) != unsafe.Sizeof(podautoscaler.Tolerances{}) {
		panic("Tolerances are not two numbers")
	}
	return *(*podautoscaler.Tolerances)(unsafe.Pointer(&fields))
}

type pod struct {
	Used     *int64 `json:"used,omitempty"`
	Request  int64  `json:"request"`
	Ready    bool   `json:"ready"`
	Young    bool   `json:"young,omitempty"`
	Pending  bool   `json:"pending,omitempty"`
	Failed   bool   `json:"failed,omitempty"`
	Deleting bool   `json:"deleting,omitempty"`
}

// As Kubernetes has it: a pod is young within its first minutes, where it was not ready for a whole window of its
// metric.
func (p pod) made(name string, kind core.ResourceName) *core.Pod {
	now := time.Now()
	started, changed := now.Add(-time.Hour), now.Add(-time.Hour+10*time.Second)
	if p.Young {
		started, changed = now.Add(-2*time.Minute), now.Add(-30*time.Second)
	}
	made := &core.Pod{
		ObjectMeta: meta.ObjectMeta{Name: name, Namespace: namespace},
		Spec: core.PodSpec{Containers: []core.Container{{Resources: core.ResourceRequirements{
			Requests: core.ResourceList{kind: *resource.NewMilliQuantity(p.Request, resource.DecimalSI)}}}}},
		Status: core.PodStatus{Phase: core.PodRunning, StartTime: &meta.Time{Time: started}},
	}
	ready := core.ConditionFalse
	if p.Ready {
		ready = core.ConditionTrue
	}
	made.Status.Conditions = []core.PodCondition{{Type: core.PodReady, Status: ready, LastTransitionTime: meta.Time{Time: changed}}}
	if p.Pending {
		made.Status.Phase = core.PodPending
	}
	if p.Failed {
		made.Status.Phase = core.PodFailed
	}
	if p.Deleting {
		made.DeletionTimestamp = &meta.Time{Time: now}
	}
	return made
}

func drawPod(r *rand.Rand, request int64, level float64) pod {
	drawn := pod{Request: request, Ready: r.Intn(8) > 0}
	if r.Intn(6) == 0 {
		drawn.Request = 1 + r.Int63n(1500)
	}
	if r.Intn(12) > 0 {
		used := int64(math.Round(float64(drawn.Request) * level * one(r, 0, 0.5, 1, 1, 1, 1, 1.1, 2)))
		drawn.Used = &used
	}
	switch r.Intn(12) {
	case 0:
		drawn.Young = true
	case 1:
		drawn.Pending = true
	case 2:
		drawn.Failed = true
	case 3:
		drawn.Deleting = true
	}
	return drawn
}

// Where the calculator has an error the count stays.
func orCurrent(desired int32, err error, current int32) int32 {
	if err != nil {
		return current
	}
	return desired
}

func askUtilization(r *rand.Rand, i int) any {
	kind := one(r, core.ResourceCPU, core.ResourceMemory)
	target := one(r, int32(1), 30, 50, 70, 90, 100, 140, 200)
	tolerance := one(r, 0, 0.01, 0.1, 0.1, 0.5)
	// Near what is tolerated, mostly.
	level := float64(target) / 100 * one(r, 0, 0.2, 1-tolerance, 1, 1, 1+tolerance, 1+2*tolerance, 3)
	request := one(r, int64(1), 3, 100, 333, 500, 1000)
	pods := make([]pod, 1+r.Intn(9))
	made := make([]*core.Pod, len(pods))
	sampled := metrics.PodMetricsInfo{}
	for n := range pods {
		pods[n] = drawPod(r, request, level)
		name := fmt.Sprint("pod-", n)
		made[n] = pods[n].made(name, kind)
		if pods[n].Used != nil {
			sampled[name] = metrics.PodMetric{Timestamp: time.Now(), Window: metricsWindow, Value: *pods[n].Used}
		}
	}
	current := one(r, int32(len(pods)), int32(len(pods)), int32(1+r.Intn(20)))
	desired, _, _, _, err := calculator(told{pods: sampled}, made...).GetResourceReplicas(
		context.Background(), current, target, kind, tolerances(tolerance), namespace, labels.Everything(), "")
	return map[string]any{"name": fmt.Sprint("utilization ", i), "resource": kind, "current": current, "pods": pods,
		"targetPercent": target, "tolerance": tolerance, "desired": orCurrent(desired, err, current)}
}

// A target, and a value that is about so many times as much.
func drawValue(r *rand.Rand, times int32, tolerance float64) (target, value float64) {
	target = float64(1+r.Intn(100000)) / 1000
	if r.Intn(3) == 0 {
		target = one(r, 0.001, 0.5, 1, 2, 10)
	}
	value = target * float64(times) * one(r, 0, 0.3, 1-tolerance, 1, 1+tolerance, 1.5, 2+10*r.Float64())
	return target, float64(thousandths(value)) / 1000
}

func askAverageValue(r *rand.Rand, i int) any {
	tolerance := one(r, 0, 0.01, 0.1, 0.5)
	current := one(r, int32(0), 1, 2, 3, int32(r.Intn(100)))
	target, total := drawValue(r, current+int32(r.Intn(2)), tolerance)
	external := func(string) ([]int64, error) { return []int64{thousandths(total)}, nil }
	desired, _, _, err := calculator(told{external: external}).GetExternalPerPodMetricReplicas(
		current, thousandths(target), "m", tolerances(tolerance), namespace, nil)
	return map[string]any{"name": fmt.Sprint("averageValue ", i), "current": current, "total": total, "target": target,
		"tolerance": tolerance, "desired": orCurrent(desired, err, current)}
}

func askValue(r *rand.Rand, i int) any {
	tolerance := one(r, 0, 0.01, 0.1, 0.5)
	current := int32(1 + r.Intn(one(r, 3, 100)))
	target, value := drawValue(r, 1, tolerance)
	ready := one(r, int(current), r.Intn(int(current)+1))
	pods := make([]*core.Pod, current)
	for n := range pods {
		pods[n] = pod{Ready: n < ready}.made(fmt.Sprint("pod-", n), core.ResourceCPU)
	}
	external := func(string) ([]int64, error) { return []int64{thousandths(value)}, nil }
	desired, _, _, err := calculator(told{external: external}, pods...).GetExternalMetricReplicas(
		current, thousandths(target), "m", tolerances(tolerance), namespace, nil, labels.Everything())
	return map[string]any{"name": fmt.Sprint("value ", i), "current": current, "value": value, "target": target, "ready": ready,
		"tolerance": tolerance, "desired": orCurrent(desired, err, current)}
}
