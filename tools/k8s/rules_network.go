package k8s

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func defaultDeny(s *Set, found report) {
	for _, n := range s.Networks {
		selector := n.Spec.PodSelector
		everyPod := len(selector.MatchLabels) == 0 && len(selector.MatchExpressions) == 0
		if everyPod && rules(n, networkingv1.PolicyTypeIngress) && rules(n, networkingv1.PolicyTypeEgress) && len(n.Spec.Ingress) == 0 && len(n.Spec.Egress) == 0 {
			return
		}
	}
	found("Namespace/"+namespace, "no policy closes every pod both ways")
}

func rules(n *networkingv1.NetworkPolicy, way networkingv1.PolicyType) bool {
	return slices.Contains(n.Spec.PolicyTypes, way)
}

func noOpenRule(s *Set, found report) {
	check := func(name string, peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort) {
		if len(peers) == 0 || len(ports) == 0 {
			found(name, "a rule without peers or without ports opens to everybody")
		}
		for _, p := range peers {
			switch {
			case p.IPBlock != nil && strings.HasSuffix(p.IPBlock.CIDR, "/0"):
				found(name, "%s is every address", p.IPBlock.CIDR)
			case p.NamespaceSelector != nil && len(p.NamespaceSelector.MatchLabels)+len(p.NamespaceSelector.MatchExpressions) == 0:
				found(name, "an empty namespaceSelector is every namespace")
			case p.PodSelector != nil && p.NamespaceSelector == nil && len(p.PodSelector.MatchLabels)+len(p.PodSelector.MatchExpressions) == 0:
				found(name, "an empty podSelector is every pod")
			}
		}
	}
	for _, n := range s.Networks {
		for _, r := range n.Spec.Ingress {
			check("NetworkPolicy/"+n.Name, r.From, r.Ports)
		}
		for _, r := range n.Spec.Egress {
			check("NetworkPolicy/"+n.Name, r.To, r.Ports)
		}
	}
}

func noDangling(s *Set, found report) {
	for _, n := range s.Networks {
		name := "NetworkPolicy/" + n.Name
		chosen := s.chosen(n)
		if len(chosen) == 0 {
			found(name, "selects no workload")
		}
		for _, r := range n.Spec.Ingress {
			for _, p := range r.Ports {
				if p.Port != nil && !slices.ContainsFunc(chosen, func(w Workload) bool { return w.port(*p.Port) != "" }) {
					found(name, "no selected pod has port %s", p.Port)
				}
			}
			s.danglingPeers(name, r.From, found)
		}
		for _, r := range n.Spec.Egress {
			s.danglingPeers(name, r.To, found)
		}
	}
}

func (s *Set) danglingPeers(name string, peers []networkingv1.NetworkPolicyPeer, found report) {
	for _, p := range peers {
		if p.PodSelector != nil && p.NamespaceSelector == nil && len(s.peers(p)) == 0 {
			found(name, "peer %v is no workload of the set", p.PodSelector.MatchLabels)
		}
	}
}

// chosen returns the workloads that a policy rules.
func (s *Set) chosen(n *networkingv1.NetworkPolicy) (list []Workload) {
	for _, w := range s.Workloads {
		if selects(&n.Spec.PodSelector, w.Pod.Labels) {
			list = append(list, w)
		}
	}
	return list
}

// peers returns the workloads of this namespace that a peer names.
func (s *Set) peers(p networkingv1.NetworkPolicyPeer) (list []Workload) {
	for _, w := range s.Workloads {
		if p.NamespaceSelector == nil && selects(p.PodSelector, w.Pod.Labels) {
			list = append(list, w)
		}
	}
	return list
}

// port returns the name of a container's port, asked by name or number; empty
// if there is none.
func (w Workload) port(want intstr.IntOrString) string {
	for _, c := range w.Pod.Spec.Containers {
		for _, p := range c.Ports {
			if want.String() == p.Name || want.IntValue() == int(p.ContainerPort) {
				return p.Name
			}
		}
	}
	return ""
}

// A Call is one way through the closed network, between workloads of the set.
type Call struct{ From, To, Port string }

// Calls returns what callers may send and what the called may receive.
func (s *Set) Calls() (sent, received map[Call]bool) {
	sent, received = map[Call]bool{}, map[Call]bool{}
	for _, n := range s.Networks {
		for _, w := range s.chosen(n) {
			for _, r := range n.Spec.Egress {
				s.each(r.To, r.Ports, func(peer Workload, port intstr.IntOrString) {
					sent[Call{w.GetName(), peer.GetName(), peer.port(port)}] = true
				})
			}
			for _, r := range n.Spec.Ingress {
				s.each(r.From, r.Ports, func(peer Workload, port intstr.IntOrString) {
					received[Call{peer.GetName(), w.GetName(), w.port(port)}] = true
				})
			}
		}
	}
	return sent, received
}

func (s *Set) each(peers []networkingv1.NetworkPolicyPeer, ports []networkingv1.NetworkPolicyPort, visit func(Workload, intstr.IntOrString)) {
	for _, p := range peers {
		for _, w := range s.peers(p) {
			for _, port := range ports {
				if port.Port != nil {
					visit(w, *port.Port)
				}
			}
		}
	}
}

func bothEnds(s *Set, found report) {
	sent, received := s.Calls()
	for c := range sent {
		if !received[c] {
			found("NetworkPolicy", "%s may call %s on %s, which may not receive it", c.From, c.To, c.Port)
		}
	}
	for c := range received {
		if !sent[c] {
			found("NetworkPolicy", "%s may receive %s on %s, which may not send it", c.To, c.From, c.Port)
		}
	}
}

func servicesLead(s *Set, found report) {
	for _, v := range s.Services {
		targets := s.behind(v)
		if len(targets) != 1 {
			found("Service/"+v.Name, "leads to %d workloads", len(targets))
			continue
		}
		for _, p := range v.Spec.Ports {
			if targets[0].port(p.TargetPort) == "" {
				found("Service/"+v.Name, "port %s leads to no port of %s", p.Name, targets[0].Name())
			}
		}
	}
}

func ingressesLead(s *Set, found report) {
	for _, in := range s.Ingresses {
		if len(in.Spec.TLS) == 0 {
			found("Ingress/"+in.Name, "passwords would travel in the clear")
		}
		for _, r := range in.Spec.Rules {
			if r.HTTP == nil {
				continue
			}
			for _, p := range r.HTTP.Paths {
				if b := p.Backend.Service; b == nil || !slices.ContainsFunc(s.Services, func(v *corev1.Service) bool {
					return v.Name == b.Name && slices.ContainsFunc(v.Spec.Ports, func(port corev1.ServicePort) bool { return port.Name == "portal" && b.Port.Name == "portal" })
				}) {
					found("Ingress/"+in.Name, "%s%s leads to no portal", r.Host, p.Path)
				}
			}
		}
	}
}

func (s *Set) behind(v *corev1.Service) (list []Workload) {
	for _, w := range s.Workloads {
		if len(v.Spec.Selector) > 0 && subset(v.Spec.Selector, w.Pod.Labels) {
			list = append(list, w)
		}
	}
	return list
}

func subset(part, whole map[string]string) bool {
	for key, value := range part {
		if whole[key] != value {
			return false
		}
	}
	return true
}
