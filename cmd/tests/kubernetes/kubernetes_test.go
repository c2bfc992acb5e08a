// Package kubernetes tests the manifests in deploy/kubernetes: kustomize builds them, and each is read into Kubernetes' own type,
// where a field that the API does not have is an error.
package kubernetes

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	strict "sigs.k8s.io/yaml"
)

const folder = "../../../deploy/kubernetes"

// manifests are what kubectl apply -k sends.
type manifests struct {
	deployment apps.Deployment
	services   []core.Service
	network    networking.NetworkPolicy
	disruption policy.PodDisruptionBudget
	config     core.ConfigMap
}

func build(t *testing.T) (m manifests) {
	t.Helper()
	all, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		t.Fatal(err)
	}
	read := func(text []byte, v any) {
		t.Helper()
		if err := strict.UnmarshalStrict(text, v, strict.DisallowUnknownFields); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	seen := map[string]bool{}
	for _, r := range all.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		kind := r.GetGvk().ApiVersion() + " " + r.GetKind()
		seen[kind] = true
		switch kind {
		case "apps/v1 Deployment":
			read(text, &m.deployment)
		case "v1 Service":
			m.services = append(m.services, core.Service{})
			read(text, &m.services[len(m.services)-1])
		case "networking.k8s.io/v1 NetworkPolicy":
			read(text, &m.network)
		case "policy/v1 PodDisruptionBudget":
			read(text, &m.disruption)
		case "v1 ConfigMap":
			read(text, &m.config)
		default:
			t.Errorf("the test does not know %s", kind)
		}
	}
	if len(seen) != 5 || len(m.services) != 2 {
		t.Fatalf("there are %v", seen)
	}
	return m
}

// config is what the test reads of zmqd's settings.
type config struct {
	Frontend, Backend struct {
		Bind      []string
		Heartbeat string
		Curve     struct{ Certificate, Allow string }
	}
	HTTP      string   `yaml:"http"`
	HTTPHosts []string `yaml:"http_hosts"`
	Drain     string
}

func (m *manifests) settings(t *testing.T) (c config) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(m.config.Data["queue.yaml"]), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func port(t *testing.T, endpoint string) int32 {
	t.Helper()
	n, err := strconv.ParseInt(endpoint[strings.LastIndexByte(endpoint, ':')+1:], 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return int32(n)
}

// TestLabels asserts that all of them are about the same pods.
func TestLabels(t *testing.T) {
	m := build(t)
	want := fmt.Sprint(m.deployment.Spec.Selector.MatchLabels)
	for what, got := range map[string]map[string]string{
		"pods": m.deployment.Spec.Template.Labels, "network policy": m.network.Spec.PodSelector.MatchLabels,
		"disruption budget": m.disruption.Spec.Selector.MatchLabels, m.services[0].Name: m.services[0].Spec.Selector, m.services[1].Name: m.services[1].Spec.Selector,
	} {
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", what, got, want)
		}
	}
}

// TestPorts asserts that ports have names, which all refer to, and are those of the settings.
func TestPorts(t *testing.T) {
	m := build(t)
	c, pod := m.settings(t), m.deployment.Spec.Template.Spec.Containers[0]
	ports := map[string]int32{}
	for _, p := range pod.Ports {
		ports[p.Name] = p.ContainerPort
	}
	want := map[string]int32{"frontend": port(t, c.Frontend.Bind[0]), "backend": port(t, c.Backend.Bind[0]), "http": port(t, c.HTTP)}
	if fmt.Sprint(ports) != fmt.Sprint(want) {
		t.Errorf("ports %v, want %v", ports, want)
	}
	var named []intstr.IntOrString
	for _, s := range m.services {
		for _, p := range s.Spec.Ports {
			named = append(named, p.TargetPort)
			if p.Port != ports[p.TargetPort.StrVal] {
				t.Errorf("%s: %+v", s.Name, p)
			}
		}
	}
	for _, rule := range m.network.Spec.Ingress {
		for _, p := range rule.Ports {
			named = append(named, *p.Port)
		}
	}
	for _, p := range []*core.Probe{pod.StartupProbe, pod.LivenessProbe, pod.ReadinessProbe} {
		named = append(named, p.HTTPGet.Port)
	}
	for _, p := range named {
		if ports[p.StrVal] == 0 {
			t.Errorf("there is no port %q", p.StrVal)
		}
	}
	if got := m.deployment.Spec.Template.Annotations["prometheus.io/port"]; got != fmt.Sprint(want["http"]) {
		t.Errorf("scraped at %s", got)
	}
	headless := 0
	for _, s := range m.services {
		if s.Spec.ClusterIP == core.ClusterIPNone {
			headless++
			if !s.Spec.PublishNotReadyAddresses || !slices.Contains(c.HTTPHosts, s.Name) {
				t.Errorf("%s: workers cannot find a queue that waits for them, or the page is not known by its name", s.Name)
			}
		}
	}
	if headless != 1 {
		t.Errorf("%d headless services", headless)
	}
}

// TestPod asserts what the pod may do, for how long it may end, and where its keys come from.
func TestPod(t *testing.T) {
	m := build(t)
	c, pod := m.settings(t), m.deployment.Spec.Template.Spec
	if len(pod.Containers) != 1 {
		t.Fatal("there is not one container")
	}
	z := pod.Containers[0]
	if got := fmt.Sprint(z.StartupProbe.HTTPGet.Path, z.LivenessProbe.HTTPGet.Path, z.ReadinessProbe.HTTPGet.Path); got != "/healthz/healthz/readyz" {
		t.Errorf("probes: %s", got)
	}
	if !regexp.MustCompile(`@sha256:[0-9a-f]{64}$`).MatchString(z.Image) {
		t.Errorf("the image is not pinned: %s", z.Image)
	}
	drain, err := time.ParseDuration(c.Drain)
	if grace := time.Duration(*pod.TerminationGracePeriodSeconds) * time.Second; err != nil || grace <= drain {
		t.Errorf("%v to end, and %v to drain, %v", grace, drain, err)
	}
	if z.Resources.Limits.Memory().IsZero() || z.Resources.Requests.Memory().IsZero() || z.Resources.Requests.Cpu().IsZero() {
		t.Errorf("resources: %v", z.Resources)
	}
	s := z.SecurityContext
	if !*pod.SecurityContext.RunAsNonRoot || *pod.SecurityContext.RunAsUser == 0 || *pod.AutomountServiceAccountToken || pod.SecurityContext.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault ||
		*s.AllowPrivilegeEscalation || !*s.ReadOnlyRootFilesystem || fmt.Sprint(s.Capabilities.Drop) != "[ALL]" {
		t.Errorf("the pod may do too much: %+v %+v", pod.SecurityContext, s)
	}
	mounts := map[string]string{}
	for _, v := range z.VolumeMounts {
		if !v.ReadOnly {
			t.Errorf("%s can be written to", v.Name)
		}
		mounts[v.Name] = v.MountPath
	}
	for _, v := range pod.Volumes {
		switch {
		case v.Secret != nil:
			if filepath.Dir(c.Frontend.Curve.Certificate) != mounts[v.Name] || *v.Secret.DefaultMode != 0o440 || pod.SecurityContext.FSGroup == nil {
				t.Errorf("keys: %+v", v.Secret)
			}
		case v.ConfigMap != nil && v.ConfigMap.Name == m.config.Name:
			if filepath.Dir(z.Args[2]) != mounts[v.Name] {
				t.Errorf("settings: %s", mounts[v.Name])
			}
		case v.ConfigMap != nil:
			if c.Frontend.Curve.Allow != mounts[v.Name] {
				t.Errorf("clients: %s", mounts[v.Name])
			}
		}
	}
	if len(pod.Volumes) != 3 || len(mounts) != 3 {
		t.Errorf("volumes %v, mounts %v", pod.Volumes, mounts)
	}
	if c.Frontend.Heartbeat+c.Backend.Heartbeat != "" {
		t.Error("heartbeats, where a queue may fill")
	}
	if *m.deployment.Spec.Replicas != 1 || m.deployment.Spec.Strategy.Type != apps.RecreateDeploymentStrategyType {
		t.Error("two queues at once")
	}
}

// TestNoSecrets asserts that no key is in the tree.
func TestNoSecrets(t *testing.T) {
	files, err := filepath.Glob(folder + "/*")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), "kind: Secret") || strings.Contains(string(raw), "secret-key") {
			t.Errorf("%s has a secret", f)
		}
	}
}
