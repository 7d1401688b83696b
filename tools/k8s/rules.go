package k8s

import "fmt"

// A Rule is one thing that a reviewer looks for.
type Rule struct {
	Name   string
	Remedy string // what to do about a finding
	check  func(*Set, report)
}

// report notes one finding about an object.
type report func(object, format string, args ...any)

// Check returns what breaks the rule, each as "object: problem".
func (r Rule) Check(s *Set) []string {
	var found []string
	r.check(s, func(object, format string, args ...any) {
		found = append(found, object+": "+fmt.Sprintf(format, args...))
	})
	return found
}

// Rules is the whole table.
var Rules = []Rule{
	{"namespace enforces restricted pods", "label the Namespace pod-security.kubernetes.io/enforce: restricted with a pinned enforce-version", namespaceRestricted},
	{"every object lives in the namespace", "set namespace: shiyang in the kustomization", ownNamespace},
	{"every object is labelled", "give app.kubernetes.io/name, component and part-of", labelled},
	{"settings change the pods", "make ConfigMaps with configMapGenerator, so that their names carry a hash", hashedConfig},
	{"no secret is written down", "refer to a Secret that the operator makes; mount it, do not put it into the environment", noSecrets},

	{"own account without a token", "give each workload its own ServiceAccount and automountServiceAccountToken: false", ownAccount},
	{"service links are off", "set enableServiceLinks: false; an injected SHIYANG_ variable would be refused at start", noServiceLinks},
	{"pods run restricted", "runAsNonRoot with uid 65532, seccomp RuntimeDefault, drop ALL, no privilege escalation", restrictedPod},
	{"nothing of the host is used", "no host network, PID, IPC, port or path", noHost},
	{"the root file system is read-only", "set readOnlyRootFilesystem: true and mount what must be written", readOnlyRoot},
	{"mounted keys are closed", "mount secrets read-only with defaultMode 0440 and fsGroup 65532", closedKeys},
	{"images are fixed", "name a tag other than latest, or a digest, and imagePullPolicy: IfNotPresent", fixedImage},
	{"probes ask the right questions", "startup and liveness GET /health/live, readiness GET /health/ready, all on port admin", probes},
	{"pods leave quietly", "preStop sleep of 5 s or more, terminationGracePeriodSeconds at least 30 s longer and 30 to 60 s", quietLeave},
	{"resources are bounded", "request CPU and memory, limit memory to the request, no CPU limit", bounded},
	{"the runtime knows its memory", "set GOMEMLIMIT from limits.memory by the downward API", goMemory},
	{"history is short", "set revisionHistoryLimit between 2 and 10", shortHistory},
	{"data outlives its pod", "keep volumes (Retain), one writer per ReadWriteOnce volume", dataStays},
	{"replicas are spread", "topologySpreadConstraints over zone and hostname for two replicas or more", spread},
	{"a drain leaves one replica", "a PodDisruptionBudget minAvailable: 1 for two replicas or more, none for one", budgets},

	{"the network is closed", "a NetworkPolicy that selects all pods and names Ingress and Egress without rules", defaultDeny},
	{"no policy opens to everybody", "name peers and ports in every rule", noOpenRule},
	{"no policy hangs in the air", "let podSelectors match a workload, and ports one of its ports", noDangling},
	{"calls are open at both ends", "write the egress rule of the caller and the ingress rule of the called", bothEnds},
	{"services lead to ports", "let selector and targetPort match a workload's labels and ports", servicesLead},
	{"the way in ends at the portal", "let the Ingress name TLS and the port portal of a Service", ingressesLead},
	{"parts can be reached", "let SHIYANG_PERMITS, SHIYANG_AUDIT and SHIYANG_IDENTITY name a Service, its port, and an open way there", partsReached},

	{"settings exist and hold together", "see docs/configuration.md", settingsHold},
	{"only the gateway can sign", "mount shiyang-token-private in the gateway or the whole bureau only", onlyGatewaySigns},
}
