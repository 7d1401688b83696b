package k8s

import (
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

const (
	namespace = "shiyang"
	user      = 65532
	closeTime = 30 // seconds a part takes to stop at most
)

var (
	pinnedVersion = regexp.MustCompile(`^v1\.\d+$`)
	hashSuffix    = regexp.MustCompile(`-[0-9a-z]{10}$`)
	secretWord    = regexp.MustCompile(`(?i)passw|secret|credential|private`)
	urlPassword   = regexp.MustCompile(`://[^/@\s]*:[^/@\s]*@`)
)

func namespaceRestricted(s *Set, found report) {
	if len(s.Namespaces) != 1 {
		found("Namespace", "%d in the set, want 1", len(s.Namespaces))
	}
	for _, n := range s.Namespaces {
		if n.Labels["pod-security.kubernetes.io/enforce"] != "restricted" || !pinnedVersion.MatchString(n.Labels["pod-security.kubernetes.io/enforce-version"]) {
			found("Namespace/"+n.Name, "labels %v", n.Labels)
		}
	}
}

func ownNamespace(s *Set, found report) {
	for _, o := range s.Objects {
		if o.Kind != "Namespace" && o.GetNamespace() != namespace {
			found(o.Name(), "namespace %q", o.GetNamespace())
		}
	}
}

func labelled(s *Set, found report) {
	need := func(name string, labels map[string]string, keys ...string) {
		for _, key := range keys {
			if labels["app.kubernetes.io/"+key] == "" {
				found(name, "no label app.kubernetes.io/%s", key)
			}
		}
	}
	for _, o := range s.Objects {
		if o.Kind == "Namespace" {
			need(o.Name(), o.GetLabels(), "name", "part-of")
			continue
		}
		need(o.Name(), o.GetLabels(), "name", "component", "part-of")
	}
	for _, w := range s.Workloads {
		need(w.Name()+" pods", w.Pod.Labels, "name", "component", "part-of")
	}
}

func hashedConfig(s *Set, found report) {
	for name := range s.Configs {
		if !hashSuffix.MatchString(name) {
			found("ConfigMap/"+name, "name carries no hash of the content")
		}
	}
}

func noSecrets(s *Set, found report) {
	for _, x := range s.Secrets {
		found("Secret/"+x.Name, "is part of the manifests")
	}
	suspicious := func(where, name, value string) {
		if urlPassword.MatchString(value) || secretWord.MatchString(name) && value != "" {
			found(where, "%s looks like a secret", name)
		}
	}
	for name, c := range s.Configs {
		for key, value := range c.Data {
			suspicious("ConfigMap/"+name, key, value)
		}
	}
	for _, w := range s.Workloads {
		for _, c := range w.containers() {
			for _, e := range c.Env {
				suspicious(w.Name(), e.Name, e.Value)
				if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
					found(w.Name(), "%s comes from a Secret into the environment", e.Name)
				}
			}
			for _, from := range c.EnvFrom {
				if from.SecretRef != nil {
					found(w.Name(), "Secret %s comes into the environment", from.SecretRef.Name)
				}
			}
		}
	}
}

func ownAccount(s *Set, found report) {
	used := map[string]string{}
	for _, w := range s.Workloads {
		account := w.Pod.Spec.ServiceAccountName
		if off := w.Pod.Spec.AutomountServiceAccountToken; off == nil || *off {
			found(w.Name(), "mounts an account's token")
		}
		if other := used[account]; other != "" {
			found(w.Name(), "shares account %q with %s", account, other)
		}
		used[account] = w.Name()
		if !slices.ContainsFunc(s.Accounts, func(a *corev1.ServiceAccount) bool { return a.Name == account }) {
			found(w.Name(), "account %q is not in the set", account)
		}
	}
	for _, a := range s.Accounts {
		if off := a.AutomountServiceAccountToken; off == nil || *off {
			found("ServiceAccount/"+a.Name, "mounts its token")
		}
	}
}

func noServiceLinks(s *Set, found report) {
	for _, w := range s.Workloads {
		if on := w.Pod.Spec.EnableServiceLinks; on == nil || *on {
			found(w.Name(), "the cluster adds variables named after services")
		}
	}
}

func restrictedPod(s *Set, found report) {
	for _, w := range s.Workloads {
		p := w.Pod.Spec.SecurityContext
		if p == nil || p.RunAsNonRoot == nil || !*p.RunAsNonRoot || p.RunAsUser == nil || *p.RunAsUser != user {
			found(w.Name(), "the pod may run as another user than %d", user)
		}
		if p == nil || p.SeccompProfile == nil || p.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
			found(w.Name(), "no seccomp profile RuntimeDefault")
		}
		for _, c := range w.containers() {
			x := c.SecurityContext
			if x == nil || x.AllowPrivilegeEscalation == nil || *x.AllowPrivilegeEscalation || x.Privileged != nil && *x.Privileged {
				found(w.Name(), "container %s may gain privileges", c.Name)
			}
			if x == nil || x.Capabilities == nil || !slices.Contains(x.Capabilities.Drop, "ALL") || len(x.Capabilities.Add) > 0 {
				found(w.Name(), "container %s keeps capabilities", c.Name)
			}
		}
	}
}

func noHost(s *Set, found report) {
	for _, w := range s.Workloads {
		if p := w.Pod.Spec; p.HostNetwork || p.HostPID || p.HostIPC {
			found(w.Name(), "shares a namespace of the host")
		}
		for _, v := range w.Pod.Spec.Volumes {
			if v.HostPath != nil {
				found(w.Name(), "volume %s is a path of the host", v.Name)
			}
		}
		for _, c := range w.containers() {
			for _, p := range c.Ports {
				if p.HostPort != 0 {
					found(w.Name(), "takes port %d of the host", p.HostPort)
				}
			}
		}
	}
}

func readOnlyRoot(s *Set, found report) {
	for _, w := range s.Workloads {
		for _, c := range w.containers() {
			if x := c.SecurityContext; x == nil || x.ReadOnlyRootFilesystem == nil || !*x.ReadOnlyRootFilesystem {
				found(w.Name(), "container %s can write its root", c.Name)
			}
		}
	}
}

func fixedImage(s *Set, found report) {
	for _, w := range s.Workloads {
		for _, c := range w.containers() {
			name := c.Image[strings.LastIndex(c.Image, "/")+1:]
			_, tag, tagged := strings.Cut(name, ":")
			if !strings.Contains(name, "@sha256:") && (!tagged || tag == "latest" || tag == "") {
				found(w.Name(), "image %q can change under its name", c.Image)
			}
			if c.ImagePullPolicy != corev1.PullIfNotPresent {
				found(w.Name(), "imagePullPolicy %q", c.ImagePullPolicy)
			}
		}
	}
}

func bounded(s *Set, found report) {
	for _, w := range s.Workloads {
		for _, c := range w.containers() {
			request, limit := c.Resources.Requests, c.Resources.Limits
			if zero(request.Cpu()) || zero(request.Memory()) {
				found(w.Name(), "container %s requests no CPU or no memory", c.Name)
			}
			if zero(limit.Memory()) || limit.Memory().Cmp(*request.Memory()) != 0 {
				found(w.Name(), "container %s: memory limit %s, request %s", c.Name, limit.Memory(), request.Memory())
			}
			if !zero(limit.Cpu()) {
				found(w.Name(), "container %s has a CPU limit", c.Name)
			}
		}
	}
}

func zero(q *resource.Quantity) bool { return q.IsZero() }

func goMemory(s *Set, found report) {
	for _, w := range s.Workloads {
		for _, c := range w.containers() {
			if !slices.ContainsFunc(c.Env, func(e corev1.EnvVar) bool {
				return e.Name == "GOMEMLIMIT" && e.ValueFrom != nil && e.ValueFrom.ResourceFieldRef != nil && e.ValueFrom.ResourceFieldRef.Resource == "limits.memory"
			}) {
				found(w.Name(), "container %s: GOMEMLIMIT does not follow limits.memory", c.Name)
			}
		}
	}
}
