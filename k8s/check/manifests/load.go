// Package manifests reads rendered manifests and says what an API server does not: whether they keep the project's
// own rules, and who may talk to whom.
package manifests

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

// Set is what one `kubectl apply -k` sends.
type Set struct {
	Name        string
	Deployments []appsv1.Deployment
	ConfigMaps  map[string]corev1.ConfigMap
	Secrets     map[string]bool // that the set makes, itself or by a Certificate
	Claims      map[string]bool
	Accounts    map[string]corev1.ServiceAccount
	Services    []corev1.Service
	Budgets     []policyv1.PodDisruptionBudget
	Policies    []networkingv1.NetworkPolicy
	Autoscalers []autoscalingv2.HorizontalPodAutoscaler
	Scaled      []ScaledObject
	Identities  []Identity
	Monitors    []Monitor
	Pools       []Pool
	Routes      []Route
}

// ScaledObject is the part of KEDA's that the rules look at.
type ScaledObject struct {
	Metadata struct{ Name string }
	Spec     struct {
		ScaleTargetRef struct{ Name string }
		Advanced       struct {
			HorizontalPodAutoscalerConfig struct {
				Behavior autoscalingv2.HorizontalPodAutoscalerBehavior
			}
		}
		Triggers []struct {
			Type     string
			Metadata map[string]string
		}
	}
}

// Load reads FOLDER/*.yaml, a set each.
func Load(folder string) ([]*Set, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no manifests in %q: run k8s/check/render first", folder)
	}
	var sets []*Set
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		set, err := Parse(strings.TrimSuffix(filepath.Base(file), ".yaml"), string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		sets = append(sets, set)
	}
	return sets, nil
}

// Parse reads documents separated by lines of three dashes.
func Parse(name, text string) (*Set, error) {
	set := &Set{
		Name:       name,
		ConfigMaps: map[string]corev1.ConfigMap{},
		Secrets:    map[string]bool{},
		Claims:     map[string]bool{},
		Accounts:   map[string]corev1.ServiceAccount{},
	}
	for _, document := range strings.Split("\n"+text, "\n---\n") {
		if err := set.add(document); err != nil {
			return nil, err
		}
	}
	return set, nil
}

func (set *Set) add(document string) error {
	var head struct {
		Kind     string
		Metadata struct{ Name string }
		Spec     struct{ SecretName string }
	}
	// Of another kind's spec nothing else is read, so its fields may be of any type.
	if err := yaml.Unmarshal([]byte(document), &head); err != nil {
		return err
	}
	switch head.Kind {
	case "Deployment":
		return appendTo(&set.Deployments, document)
	case "Service":
		return appendTo(&set.Services, document)
	case "PodDisruptionBudget":
		return appendTo(&set.Budgets, document)
	case "NetworkPolicy":
		return appendTo(&set.Policies, document)
	case "HorizontalPodAutoscaler":
		return appendTo(&set.Autoscalers, document)
	case "ScaledObject":
		return appendTo(&set.Scaled, document)
	case "ConfigMap":
		return put(set.ConfigMaps, head.Metadata.Name, document)
	case "ServiceAccount":
		return put(set.Accounts, head.Metadata.Name, document)
	case "PodMonitor":
		return appendTo(&set.Monitors, document)
	case "InferencePool":
		return appendTo(&set.Pools, document)
	case "HTTPRoute":
		return appendTo(&set.Routes, document)
	case "Certificate":
		set.Secrets[head.Spec.SecretName] = true
		return appendTo(&set.Identities, document)
	case "Secret":
		set.Secrets[head.Metadata.Name] = true
	case "PersistentVolumeClaim":
		set.Claims[head.Metadata.Name] = true
	}
	return nil
}

func appendTo[T any](list *[]T, document string) error {
	var item T
	err := yaml.Unmarshal([]byte(document), &item)
	*list = append(*list, item)
	return err
}

func put[T any](items map[string]T, name, document string) error {
	var item T
	err := yaml.Unmarshal([]byte(document), &item)
	items[name] = item
	return err
}

// Properties gives what the ConfigMap behind a volume sets, of all its .properties files together.
func Properties(files map[string]string) map[string]string {
	properties := map[string]string{}
	for name, text := range files {
		if !strings.HasSuffix(name, ".properties") {
			continue
		}
		for _, line := range strings.Split(text, "\n") {
			key, value, found := strings.Cut(line, "=")
			if found && !strings.HasPrefix(line, "#") {
				properties[key] = value
			}
		}
	}
	return properties
}
