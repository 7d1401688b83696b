package k8s

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"

	"shiyang/cmd/shiyang/config"
)

// Connections is the file that stands for the Secrets shiyang-*-connections
// when settings are checked: the example that operators copy.
const Connections = "../../deploy/k8s/examples/shiyang.yaml"

// mounted is where manifests mount the connections.
const mounted = "/etc/shiyang/shiyang.yaml"

var parts = []string{"permits", "audit", "gateway", "eventstore"}

// settingsHold gives every container's settings to the program's own check.
func settingsHold(s *Set, found report) {
	for _, w := range s.Workloads {
		for _, c := range w.Pod.Spec.Containers {
			if err := s.load(c); err != nil {
				found(w.Name(), "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
			}
		}
	}
}

func (s *Set) load(c corev1.Container) error {
	settings := config.Default()
	flags := pflag.NewFlagSet(c.Name, pflag.ContinueOnError)
	settings.Bind(flags)
	file := flags.String("config", "", "")
	for _, ofInit := range []string{"login", "name", "phone"} {
		flags.String(ofInit, "", "")
	}
	if err := flags.Parse(c.Args); err != nil {
		return err
	}
	words := flags.Args()
	part := ""
	switch {
	case len(words) == 0 || len(words) == 1 && words[0] == "init":
	case len(words) == 2 && words[0] == "serve" && slices.Contains(parts, words[1]):
		part = words[1]
	default:
		return fmt.Errorf("no such command: %q", words)
	}
	example := ""
	if *file != "" {
		if *file != mounted {
			return fmt.Errorf("config file %s is not mounted", *file)
		}
		if example = Connections; !readable(example) {
			return fmt.Errorf("%s cannot be read", example)
		}
	}
	if err := settings.Load(flags, s.environ(c), example); err != nil || part == "" || part == "eventstore" {
		return err
	}
	return settings.CheckPart(part)
}

func readable(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// environ returns a container's variables, strongest last.
func (s *Set) environ(c corev1.Container) (list []string) {
	for _, from := range c.EnvFrom {
		if from.ConfigMapRef != nil && s.Configs[from.ConfigMapRef.Name] != nil {
			for key, value := range s.Configs[from.ConfigMapRef.Name].Data {
				list = append(list, key+"="+value)
			}
		}
	}
	for _, e := range c.Env {
		list = append(list, e.Name+"="+e.Value)
	}
	return list
}

// partsReached follows the addresses of parts that run elsewhere.
func partsReached(s *Set, found report) {
	sent, received := s.Calls()
	for _, w := range s.Workloads {
		for _, c := range w.Pod.Spec.Containers {
			for _, variable := range s.environ(c) {
				name, address, _ := strings.Cut(variable, "=")
				if !slices.Contains([]string{"SHIYANG_PERMITS", "SHIYANG_AUDIT", "SHIYANG_IDENTITY"}, name) || address == "" {
					continue
				}
				target, port := s.lookUp(address)
				call := Call{w.GetName(), target, port}
				switch {
				case target == "":
					found(w.Name(), "%s=%s leads nowhere", name, address)
				case !sent[call] || !received[call]:
					found(w.Name(), "%s=%s is closed by the network", name, address)
				}
			}
		}
	}
}

// lookUp returns the workload and the port behind a service's address.
func (s *Set) lookUp(address string) (workload, port string) {
	host, number, err := net.SplitHostPort(address)
	if err != nil {
		return "", ""
	}
	for _, v := range s.Services {
		for _, p := range v.Spec.Ports {
			if targets := s.behind(v); v.Name == host && fmt.Sprint(p.Port) == number && len(targets) == 1 {
				return targets[0].GetName(), targets[0].port(p.TargetPort)
			}
		}
	}
	return "", ""
}

// secretsOf returns the Secrets that a volume shows, and its file mode.
func secretsOf(v corev1.Volume) (names []string, mode *int32) {
	if v.Secret != nil {
		return []string{v.Secret.SecretName}, v.Secret.DefaultMode
	}
	if v.Projected == nil {
		return nil, nil
	}
	for _, source := range v.Projected.Sources {
		if source.Secret != nil {
			names = append(names, source.Secret.Name)
		}
	}
	return names, v.Projected.DefaultMode
}

func closedKeys(s *Set, found report) {
	for _, w := range s.Workloads {
		for _, v := range w.Pod.Spec.Volumes {
			names, mode := secretsOf(v)
			if len(names) == 0 {
				continue
			}
			if mode == nil || *mode != 0o440 {
				found(w.Name(), "files of %v do not have mode 0440", names)
			}
			if p := w.Pod.Spec.SecurityContext; p == nil || p.FSGroup == nil || *p.FSGroup != user {
				found(w.Name(), "files of %v do not belong to group %d", names, user)
			}
			for _, c := range w.containers() {
				for _, m := range c.VolumeMounts {
					if m.Name == v.Name && !m.ReadOnly {
						found(w.Name(), "container %s can write %v", c.Name, names)
					}
				}
			}
		}
	}
}

// onlyGatewaySigns also sees that every part has its keys: a part that finds
// none would make its own, which no other part knows.
func onlyGatewaySigns(s *Set, found report) {
	for _, w := range s.Workloads {
		var all []string
		for _, v := range w.Pod.Spec.Volumes {
			names, _ := secretsOf(v)
			all = append(all, names...)
		}
		component := w.Pod.Labels["app.kubernetes.io/component"]
		signs := component == "gateway" || component == "bureau"
		private, public := slices.Contains(all, "shiyang-token-private"), slices.Contains(all, "shiyang-token-public")
		if private && !signs {
			found(w.Name(), "could sign tokens for anybody")
		}
		if private == public || signs && !private {
			found(w.Name(), "mounts %v: one of the two token keys is needed", all)
		}
		if !slices.Contains(all, "shiyang-master-key") {
			found(w.Name(), "has no master key")
		}
	}
}
