package k8s

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func probes(s *Set, found report) {
	for _, w := range s.Workloads {
		for _, c := range w.Pod.Spec.Containers {
			for _, x := range []struct {
				what, path string
				probe      *corev1.Probe
			}{
				{"startup", "/health/live", c.StartupProbe},
				{"liveness", "/health/live", c.LivenessProbe},
				{"readiness", "/health/ready", c.ReadinessProbe},
			} {
				if x.probe == nil || x.probe.HTTPGet == nil || x.probe.HTTPGet.Path != x.path || x.probe.HTTPGet.Port.String() != "admin" {
					found(w.Name(), "container %s: %s probe does not GET %s on port admin", c.Name, x.what, x.path)
				}
			}
			if !slices.ContainsFunc(c.Ports, func(p corev1.ContainerPort) bool { return p.Name == "admin" }) {
				found(w.Name(), "container %s has no port admin", c.Name)
			}
		}
	}
}

func quietLeave(s *Set, found report) {
	for _, w := range s.Workloads {
		grace := w.Pod.Spec.TerminationGracePeriodSeconds
		for _, c := range w.Pod.Spec.Containers {
			if c.Lifecycle == nil || c.Lifecycle.PreStop == nil || c.Lifecycle.PreStop.Sleep == nil || c.Lifecycle.PreStop.Sleep.Seconds < 5 {
				found(w.Name(), "container %s stops while peers still call it", c.Name)
				continue
			}
			if need := c.Lifecycle.PreStop.Sleep.Seconds + closeTime; grace == nil || *grace < need || *grace > 60 {
				found(w.Name(), "grace period is not between %d and 60 s", need)
			}
		}
	}
}

func shortHistory(s *Set, found report) {
	for _, w := range s.Workloads {
		if w.History == nil || *w.History < 2 || *w.History > 10 {
			found(w.Name(), "revisionHistoryLimit is not between 2 and 10")
		}
	}
}

func dataStays(s *Set, found report) {
	for _, w := range s.Workloads {
		if w.Stateful != nil {
			keep := w.Stateful.Spec.PersistentVolumeClaimRetentionPolicy
			if keep == nil || keep.WhenDeleted != "Retain" || keep.WhenScaled != "Retain" {
				found(w.Name(), "its volumes may go with it")
			}
			if len(w.Stateful.Spec.VolumeClaimTemplates) == 0 {
				found(w.Name(), "keeps nothing")
			}
			if w.Replicas != 1 {
				found(w.Name(), "%d replicas, but a journal belongs to one process", w.Replicas)
			}
		}
		for _, v := range w.Pod.Spec.Volumes {
			if v.PersistentVolumeClaim == nil {
				continue
			}
			claim := s.Claims[v.PersistentVolumeClaim.ClaimName]
			if claim == nil {
				found(w.Name(), "claim %s is not in the set", v.PersistentVolumeClaim.ClaimName)
			} else if w.Replicas > 1 && !slices.Contains(claim.Spec.AccessModes, corev1.ReadWriteMany) {
				found(w.Name(), "%d replicas write to %s, which is not ReadWriteMany", w.Replicas, claim.Name)
			}
		}
	}
}

func spread(s *Set, found report) {
	for _, w := range s.Workloads {
		for _, key := range []string{"topology.kubernetes.io/zone", "kubernetes.io/hostname"} {
			if w.Replicas > 1 && !slices.ContainsFunc(w.Pod.Spec.TopologySpreadConstraints, func(c corev1.TopologySpreadConstraint) bool {
				return c.TopologyKey == key && selects(c.LabelSelector, w.Pod.Labels)
			}) {
				found(w.Name(), "replicas are not spread over %s", key)
			}
		}
	}
}

func budgets(s *Set, found report) {
	for _, w := range s.Workloads {
		count := 0
		for _, b := range s.Budgets {
			if !selects(b.Spec.Selector, w.Pod.Labels) {
				continue
			}
			count++
			if b.Spec.MinAvailable == nil || b.Spec.MinAvailable.String() != "1" {
				found("PodDisruptionBudget/"+b.Name, "minAvailable is not 1")
			}
		}
		if want := min(w.Replicas-1, 1); int32(count) != max(want, 0) {
			found(w.Name(), "%d replicas and %d budgets", w.Replicas, count)
		}
	}
	for _, b := range s.Budgets {
		if !slices.ContainsFunc(s.Workloads, func(w Workload) bool { return selects(b.Spec.Selector, w.Pod.Labels) }) {
			found("PodDisruptionBudget/"+b.Name, "selects nothing")
		}
	}
}

// selects tells whether a selector matches labels; nil matches nothing.
func selects(selector *metav1.LabelSelector, on map[string]string) bool {
	if selector == nil {
		return false
	}
	s, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && s.Matches(labels.Set(on))
}
