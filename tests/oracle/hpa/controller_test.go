package hpa

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"testing"
	"testing/synctest"
	"time"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/scale"
	defaults "k8s.io/kubernetes/pkg/apis/autoscaling/v2"
	"k8s.io/kubernetes/pkg/controller/podautoscaler"
)

// The behavior of one direction; a policy of zero is none.
type rules struct {
	Window  int32  `json:"window"`
	Select  string `json:"select"`
	Percent int32  `json:"percent"`
	Pods    int32  `json:"pods"`
	Period  int32  `json:"period"`
}

type step struct {
	Values  []*float64 `json:"values"`
	Desired int32      `json:"desired"`
}

type sequence struct {
	Name      string    `json:"name"`
	Min       int32     `json:"min"`
	Max       int32     `json:"max"`
	Sync      int       `json:"sync"`
	Tolerance float64   `json:"tolerance"`
	Up        *rules    `json:"up,omitempty"`
	Down      *rules    `json:"down,omitempty"`
	Targets   []float64 `json:"targets"`
	Steps     []step    `json:"steps"`
}

func drawRules(r *rand.Rand) *rules {
	drawn := &rules{
		Window:  one(r, int32(0), 0, 15, 30, 60, 300),
		Select:  one(r, "Max", "Max", "Max", "Min", "Min", "Disabled"),
		Percent: one(r, int32(0), 1, 10, 50, 100, 200),
		Pods:    one(r, int32(0), 1, 2, 4, 5, 10),
		Period:  one(r, int32(15), 30, 60, 120, 300),
	}
	if drawn.Percent == 0 && drawn.Pods == 0 {
		drawn.Pods = 4
	}
	return drawn
}

func drawSequence(r *rand.Rand, name string, hasRules bool) *sequence {
	least := int32(1 + r.Intn(3))
	drawn := &sequence{
		Name: name, Min: least, Max: least + int32(r.Intn(one(r, 3, 10, 60))),
		Sync: one(r, 5, 15, 15, 15, 30), Tolerance: one(r, 0, 0.1, 0.1, 0.3),
		Steps: make([]step, 10+r.Intn(40)),
	}
	for range 1 + r.Intn(3) {
		drawn.Targets = append(drawn.Targets, one(r, 0.5, 1, 5, 10, 100))
	}
	if hasRules {
		drawn.Up, drawn.Down = drawRules(r), drawRules(r)
	}
	return drawn
}

func (of *rules) made() *autoscaling.HPAScalingRules {
	choice := autoscaling.ScalingPolicySelect(of.Select)
	made := &autoscaling.HPAScalingRules{StabilizationWindowSeconds: &of.Window, SelectPolicy: &choice}
	add := func(kind autoscaling.HPAScalingPolicyType, value int32) {
		if value > 0 {
			made.Policies = append(made.Policies, autoscaling.HPAScalingPolicy{Type: kind, Value: value, PeriodSeconds: of.Period})
		}
	}
	add(autoscaling.PercentScalingPolicy, of.Percent)
	add(autoscaling.PodsScalingPolicy, of.Pods)
	return made
}

// Without behavior is what KEDA makes; an empty one is what the API server fills in.
func (of *sequence) behavior(kind string) *autoscaling.HorizontalPodAutoscalerBehavior {
	switch kind {
	case "none":
		return nil
	case "default":
		return &autoscaling.HorizontalPodAutoscalerBehavior{
			ScaleUp: defaults.GenerateHPAScaleUpRules(nil), ScaleDown: defaults.GenerateHPAScaleDownRules(nil)}
	}
	return &autoscaling.HorizontalPodAutoscalerBehavior{ScaleUp: of.Up.made(), ScaleDown: of.Down.made()}
}

func (of *sequence) autoscaler(kind string) *autoscaling.HorizontalPodAutoscaler {
	made := &autoscaling.HorizontalPodAutoscaler{
		ObjectMeta: meta.ObjectMeta{Name: "app", Namespace: namespace, UID: types.UID(of.Name)},
		Spec: autoscaling.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscaling.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "app"},
			MinReplicas:    &of.Min, MaxReplicas: of.Max, Behavior: of.behavior(kind),
		},
	}
	for i, target := range of.Targets {
		made.Spec.Metrics = append(made.Spec.Metrics, autoscaling.MetricSpec{
			Type: autoscaling.ExternalMetricSourceType,
			External: &autoscaling.ExternalMetricSource{
				Metric: autoscaling.MetricIdentifier{Name: fmt.Sprint(i)},
				Target: autoscaling.MetricTarget{Type: autoscaling.AverageValueMetricType,
					AverageValue: resource.NewMilliQuantity(thousandths(target), resource.DecimalSI)},
			},
		})
	}
	return made
}

// A deployment whose replicas are there as soon as they are wanted.
type deployment struct{ replicas int32 }

func (d *deployment) Scales(string) scale.ScaleInterface { return d }

func (d *deployment) Get(context.Context, schema.GroupResource, string, meta.GetOptions) (*autoscalingv1.Scale, error) {
	return &autoscalingv1.Scale{
		ObjectMeta: meta.ObjectMeta{Name: "app", Namespace: namespace},
		Spec:       autoscalingv1.ScaleSpec{Replicas: d.replicas},
		Status:     autoscalingv1.ScaleStatus{Replicas: d.replicas, Selector: "app=app"},
	}, nil
}

func (d *deployment) Update(_ context.Context, _ schema.GroupResource, to *autoscalingv1.Scale, _ meta.UpdateOptions) (*autoscalingv1.Scale, error) {
	d.replicas = to.Spec.Replicas
	return to, nil
}

func (d *deployment) Patch(context.Context, schema.GroupVersionResource, string, types.PatchType, []byte, meta.PatchOptions) (*autoscalingv1.Scale, error) {
	return nil, errors.New("is not patched")
}

func mapper() apimeta.RESTMapper {
	group := schema.GroupVersion{Group: "apps", Version: "v1"}
	made := apimeta.NewDefaultRESTMapper([]schema.GroupVersion{group})
	made.Add(group.WithKind("Deployment"), apimeta.RESTScopeNamespace)
	return made
}

// A load that stays for some looks, near what is tolerated of so many replicas; now and then nobody knows it.
type load struct {
	r      *rand.Rand
	target float64
	level  float64
}

func (of *load) next(replicas int32, tolerance float64) *float64 {
	r := of.r
	if r.Intn(10) == 0 {
		return nil
	}
	if r.Intn(4) == 0 {
		of.level = of.target * float64(replicas) * one(r, 0, 0.2, 1-tolerance, 1, 1+tolerance, 2, 5, 3*r.Float64())
	}
	value := float64(thousandths(of.level*one(r, 1, 1, 1, 1-tolerance, 1+tolerance))) / 1000
	return &value
}

// Runs the controller as it is, in a time of its own, and fills in what it saw and did at each look.
func ask(t *testing.T, r *rand.Rand, of *sequence, kind string) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(context.Background())
		defer synctest.Wait()
		defer stop()
		var began time.Time // the first look: when the controller has read what there is
		sync := time.Duration(of.Sync) * time.Second
		target := &deployment{replicas: of.Min}
		loads := make([]*load, len(of.Targets))
		for i := range loads {
			loads[i] = &load{r: r, target: of.Targets[i], level: of.Targets[i] * float64(of.Min)}
		}
		saw := told{external: func(name string) ([]int64, error) {
			if began.IsZero() {
				began = time.Now()
			}
			var i int
			fmt.Sscan(name, &i)
			value := loads[i].next(target.replicas, of.Tolerance)
			now := &of.Steps[time.Since(began)/sync]
			now.Values = append(now.Values, value)
			if len(now.Values) != i+1 || time.Since(began)%sync != 0 {
				t.Fatalf("%s: asks for %s after %s, %d values are known", of.Name, name, time.Since(began), len(now.Values))
			}
			if value == nil {
				return nil, errors.New("nobody knows")
			}
			return []int64{thousandths(*value)}, nil
		}}
		client := fake.NewClientset(of.autoscaler(kind))
		factory := informers.NewSharedInformerFactory(client, 0)
		controller := podautoscaler.NewHorizontalController(ctx, client.CoreV1(), target, client.AutoscalingV2(), mapper(), saw,
			factory.Autoscaling().V2().HorizontalPodAutoscalers(), factory.Core().V1().Pods(),
			sync, 5*time.Minute, of.Tolerance, youngFor, readinessDelay)
		factory.Start(ctx.Done())
		go controller.Run(ctx, 1)
		time.Sleep(sync / 2)
		for i := range of.Steps {
			of.Steps[i].Desired = target.replicas
			if i+1 < len(of.Steps) {
				time.Sleep(sync)
			}
		}
	})
}
