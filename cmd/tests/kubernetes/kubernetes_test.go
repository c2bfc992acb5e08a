package zmqd

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// What the manifests use of Kubernetes, in its spelling: a field that is not here is an error.
type (
	labels map[string]string
	meta   struct {
		Name        string
		Labels      labels
		Annotations labels
	}
	kind struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   meta
	}
	probe struct {
		HTTPGet          struct{ Path, Port string } `yaml:"httpGet"`
		PeriodSeconds    int                         `yaml:"periodSeconds"`
		TimeoutSeconds   int                         `yaml:"timeoutSeconds"`
		FailureThreshold int                         `yaml:"failureThreshold"`
	}
	port struct {
		Name          string
		ContainerPort int `yaml:"containerPort"`
		Port          int
		TargetPort    string `yaml:"targetPort"`
	}
	mount struct {
		Name      string
		MountPath string `yaml:"mountPath"`
		ReadOnly  bool   `yaml:"readOnly"`
	}
	container struct {
		Name, Image    string
		Args           []string
		Ports          []port
		StartupProbe   probe `yaml:"startupProbe"`
		LivenessProbe  probe `yaml:"livenessProbe"`
		ReadinessProbe probe `yaml:"readinessProbe"`
		Resources      struct{ Requests, Limits labels }
		Security       struct {
			AllowPrivilegeEscalation bool `yaml:"allowPrivilegeEscalation"`
			ReadOnlyRootFilesystem   bool `yaml:"readOnlyRootFilesystem"`
			Capabilities             struct{ Drop []string }
		} `yaml:"securityContext"`
		VolumeMounts []mount `yaml:"volumeMounts"`
	}
	volume struct {
		Name      string
		ConfigMap struct{ Name string } `yaml:"configMap"`
	}
	pod struct {
		Grace    int  `yaml:"terminationGracePeriodSeconds"`
		Token    bool `yaml:"automountServiceAccountToken"`
		Security struct {
			RunAsNonRoot   bool                  `yaml:"runAsNonRoot"`
			RunAsUser      int                   `yaml:"runAsUser"`
			RunAsGroup     int                   `yaml:"runAsGroup"`
			SeccompProfile struct{ Type string } `yaml:"seccompProfile"`
		} `yaml:"securityContext"`
		Containers []container
		Volumes    []volume
	}
	selector struct {
		MatchLabels labels `yaml:"matchLabels"`
	}
	deployment struct {
		kind `yaml:",inline"`
		Spec struct {
			Replicas int
			Strategy struct{ Type string }
			Selector struct {
				MatchLabels labels `yaml:"matchLabels"`
			}
			Template struct {
				Metadata meta
				Spec     pod
			}
		}
	}
	service struct {
		kind `yaml:",inline"`
		Spec struct {
			Selector labels
			Ports    []port
		}
	}
	peerRule struct {
		PodSelector       *selector `yaml:"podSelector"`
		NamespaceSelector *selector `yaml:"namespaceSelector"`
	}
	networkPolicy struct {
		kind `yaml:",inline"`
		Spec struct {
			PodSelector struct {
				MatchLabels labels `yaml:"matchLabels"`
			} `yaml:"podSelector"`
			PolicyTypes []string `yaml:"policyTypes"`
			Ingress     []struct {
				From  []peerRule
				Ports []struct{ Port string }
			}
		}
	}
	kustomization struct {
		APIVersion         string `yaml:"apiVersion"`
		Kind               string
		Resources          []string
		ConfigMapGenerator []struct {
			Name  string
			Files []string
		} `yaml:"configMapGenerator"`
		Images []struct {
			Name    string
			NewName string `yaml:"newName"`
			NewTag  string `yaml:"newTag"`
		}
	}
)

const manifests = "../../../deploy/kubernetes"

func manifest[T any](t *testing.T, file string) (v T) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(manifests, file))
	if err != nil {
		t.Fatal(err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return v
}

// TestKubernetes asserts that the manifests have known fields only, fit one another and the configuration, and set
// probes and limits.
func TestKubernetes(t *testing.T) {
	d, s := manifest[deployment](t, "deployment.yaml"), manifest[service](t, "service.yaml")
	policy, k := manifest[networkPolicy](t, "networkpolicy.yaml"), manifest[kustomization](t, "kustomization.yaml")
	if len(d.Spec.Template.Spec.Containers) != 1 {
		t.Fatal("there is not one container")
	}
	pod, c := d.Spec.Template.Spec, d.Spec.Template.Spec.Containers[0]
	cfg := defaults("queue")
	if err := readYAML(filepath.Join(manifests, "queue.yaml"), cfg); err != nil {
		t.Fatal(err)
	}
	equal := func(what string, want, got any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", what, diff)
		}
	}
	equal("kinds", []string{"apps/v1 Deployment", "v1 Service", "networking.k8s.io/v1 NetworkPolicy"},
		[]string{d.APIVersion + " " + d.Kind, s.APIVersion + " " + s.Kind, policy.APIVersion + " " + policy.Kind})
	for what, got := range map[string]labels{"pods": d.Spec.Template.Metadata.Labels, "service": s.Spec.Selector, "policy": policy.Spec.PodSelector.MatchLabels} {
		equal("labels of the "+what, d.Spec.Selector.MatchLabels, got)
	}
	equal("files", []string{"deployment.yaml", "service.yaml", "networkpolicy.yaml"}, k.Resources)
	equal("configuration", []string{"queue.yaml"}, k.ConfigMapGenerator[0].Files)
	equal("volume", k.ConfigMapGenerator[0].Name, pod.Volumes[0].ConfigMap.Name)
	equal("mount", mount{pod.Volumes[0].Name, filepath.Dir(c.Args[2]), true}, c.VolumeMounts[0])
	equal("image", k.Images[0].Name, c.Image)
	equal("arguments", []string{"queue", "--config", "/etc/zmqd/queue.yaml", "--log-format", "json"}, c.Args)

	// Ports by name: those of the configuration, and nothing else refers to others.
	ports := map[string]int{}
	for _, p := range c.Ports {
		ports[p.Name] = p.ContainerPort
	}
	bound := func(endpoint string) int {
		var n int
		for _, digit := range endpoint[strings.LastIndexByte(endpoint, ':')+1:] {
			n = n*10 + int(digit-'0')
		}
		return n
	}
	equal("ports", map[string]int{"frontend": bound(cfg.Frontend.Bind[0]), "backend": bound(cfg.Backend.Bind[0]), "http": bound(cfg.HTTP)}, ports)
	named := []string{c.StartupProbe.HTTPGet.Port, c.LivenessProbe.HTTPGet.Port, c.ReadinessProbe.HTTPGet.Port}
	for _, p := range s.Spec.Ports {
		named = append(named, p.TargetPort)
		equal("service port "+p.Name, ports[p.TargetPort], p.Port)
	}
	for _, rule := range policy.Spec.Ingress {
		for _, p := range rule.Ports {
			named = append(named, p.Port)
		}
	}
	for _, name := range named {
		if ports[name] == 0 {
			t.Errorf("there is no port %q", name)
		}
	}
	equal("scraped port", bound(cfg.HTTP), bound(":"+d.Spec.Template.Metadata.Annotations["prometheus.io/port"]))

	equal("probes", []string{"/healthz", "/healthz", "/readyz"},
		[]string{c.StartupProbe.HTTPGet.Path, c.LivenessProbe.HTTPGet.Path, c.ReadinessProbe.HTTPGet.Path})
	for _, p := range []probe{c.StartupProbe, c.LivenessProbe, c.ReadinessProbe} {
		if p.PeriodSeconds <= 0 {
			t.Errorf("no period: %+v", p)
		}
	}
	if c.Resources.Limits["memory"] == "" || c.Resources.Requests["memory"] == "" || c.Resources.Requests["cpu"] == "" {
		t.Errorf("resources: %v", c.Resources)
	}
	if grace := time.Duration(pod.Grace) * time.Second; grace <= time.Duration(cfg.Drain) {
		t.Errorf("%v to end, and %v to drain", grace, time.Duration(cfg.Drain))
	}
	if !pod.Security.RunAsNonRoot || pod.Security.RunAsUser == 0 || pod.Token || pod.Security.SeccompProfile.Type != "RuntimeDefault" ||
		c.Security.AllowPrivilegeEscalation || !c.Security.ReadOnlyRootFilesystem || len(c.Security.Capabilities.Drop) != 1 {
		t.Errorf("the pod may do too much: %+v %+v", pod.Security, c.Security)
	}
	if d.Spec.Replicas != 1 || d.Spec.Strategy.Type != "Recreate" {
		t.Errorf("two queues at once: %+v", d.Spec.Strategy)
	}
}
