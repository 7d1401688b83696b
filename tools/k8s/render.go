package k8s

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	yamlv3 "go.yaml.in/yaml/v3"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// Object is one object of a manifest.
type Object struct {
	metav1.Object
	Kind string
}

// Name returns kind and name, as findings show them.
func (o Object) Name() string { return o.Kind + "/" + o.GetName() }

// Workload is what runs pods.
type Workload struct {
	Object
	Replicas int32
	Selector *metav1.LabelSelector
	Pod      corev1.PodTemplateSpec
	Stateful *appsv1.StatefulSet // nil for a Deployment
	History  *int32
}

// Set is everything that one overlay renders.
type Set struct {
	Objects    []Object
	Workloads  []Workload
	Jobs       []Workload // what ends by itself
	Namespaces []*corev1.Namespace
	Services   []*corev1.Service
	Accounts   []*corev1.ServiceAccount
	Configs    map[string]*corev1.ConfigMap
	Secrets    []*corev1.Secret
	Claims     map[string]*corev1.PersistentVolumeClaim
	Networks   []*networkingv1.NetworkPolicy
	Ingresses  []*networkingv1.Ingress
	Budgets    []*policyv1.PodDisruptionBudget
}

// Render runs kustomize over a folder and decodes the result.
func Render(dir string) (*Set, error) {
	rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", dir, err)
	}
	text, err := rendered.AsYaml()
	if err != nil {
		return nil, fmt.Errorf("render %s: %w", dir, err)
	}
	return Decode(text)
}

// Decode reads a manifest of several documents. A kind that the rules do not
// know, a field that the kind does not have and a duplicate key are errors.
func Decode(text []byte) (*Set, error) {
	s := &Set{Configs: map[string]*corev1.ConfigMap{}, Claims: map[string]*corev1.PersistentVolumeClaim{}}
	documents := yamlv3.NewDecoder(bytes.NewReader(text))
	for {
		var document yamlv3.Node
		err := documents.Decode(&document)
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return nil, fmt.Errorf("decode manifest: %w", err)
		}
		one, err := yamlv3.Marshal(&document)
		if err != nil {
			return nil, fmt.Errorf("decode manifest: %w", err)
		}
		if err := s.add(one); err != nil {
			return nil, err
		}
	}
}

func (s *Set) add(text []byte) error {
	var head metav1.TypeMeta
	if err := yaml.Unmarshal(text, &head); err != nil {
		return fmt.Errorf("decode object: %w", err)
	}
	object, err := s.decode(head.APIVersion+" "+head.Kind, text)
	if err != nil {
		return fmt.Errorf("decode %s: %w", head.Kind, err)
	}
	s.Objects = append(s.Objects, Object{object, head.Kind})
	return nil
}

func (s *Set) decode(kind string, text []byte) (metav1.Object, error) {
	switch kind {
	case "v1 Namespace":
		return into(text, &s.Namespaces)
	case "v1 Service":
		return into(text, &s.Services)
	case "v1 ServiceAccount":
		return into(text, &s.Accounts)
	case "v1 Secret":
		return into(text, &s.Secrets)
	case "networking.k8s.io/v1 NetworkPolicy":
		return into(text, &s.Networks)
	case "networking.k8s.io/v1 Ingress":
		return into(text, &s.Ingresses)
	case "policy/v1 PodDisruptionBudget":
		return into(text, &s.Budgets)
	case "v1 ConfigMap":
		return keep(text, s.Configs)
	case "v1 PersistentVolumeClaim":
		return keep(text, s.Claims)
	case "apps/v1 Deployment":
		d, err := strict[appsv1.Deployment](text)
		if err != nil {
			return nil, err
		}
		s.Workloads = append(s.Workloads, Workload{Object{d, "Deployment"}, one(d.Spec.Replicas), d.Spec.Selector, d.Spec.Template, nil, d.Spec.RevisionHistoryLimit})
		return d, nil
	case "batch/v1 Job":
		j, err := strict[batchv1.Job](text)
		if err != nil {
			return nil, err
		}
		s.Jobs = append(s.Jobs, Workload{Object{j, "Job"}, 1, nil, j.Spec.Template, nil, nil})
		return j, nil
	case "apps/v1 StatefulSet":
		d, err := strict[appsv1.StatefulSet](text)
		if err != nil {
			return nil, err
		}
		s.Workloads = append(s.Workloads, Workload{Object{d, "StatefulSet"}, one(d.Spec.Replicas), d.Spec.Selector, d.Spec.Template, d, d.Spec.RevisionHistoryLimit})
		return d, nil
	}
	return nil, errors.New("no rule knows this kind: teach package k8s, or leave it out")
}

// object is a pointer to a kind.
type object[T any] interface {
	*T
	metav1.Object
}

func strict[T any](text []byte) (*T, error) {
	v := new(T)
	return v, yaml.UnmarshalStrict(text, v)
}

func into[T any, P object[T]](text []byte, list *[]*T) (metav1.Object, error) {
	v, err := strict[T](text)
	*list = append(*list, v)
	return P(v), err
}

func keep[T any, P object[T]](text []byte, all map[string]*T) (metav1.Object, error) {
	v, err := strict[T](text)
	all[P(v).GetName()] = v
	return P(v), err
}

func one(n *int32) int32 {
	if n == nil {
		return 1
	}
	return *n
}

// containers returns all containers of a pod, those that run first included.
func (w Workload) containers() []corev1.Container {
	return slices.Concat(w.Pod.Spec.InitContainers, w.Pod.Spec.Containers)
}
