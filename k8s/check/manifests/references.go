package manifests

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

const (
	decoder = "decoder-svc"
	picker  = "endpoint-picker"
)

// Identity is the part of a Certificate that the rules look at.
type Identity struct {
	Spec struct {
		SecretName string
		IsCA       bool
		URIs       []string
		Usages     []string
	}
}

// Monitor is the part of a PodMonitor that the rules look at.
type Monitor struct {
	Metadata struct{ Name string }
	Spec     struct {
		JobLabel            string
		Selector            metav1.LabelSelector
		PodMetricsEndpoints []struct{ Port, Path string }
	}
}

// Pool is the part of an InferencePool that the rules look at.
type Pool struct {
	Metadata struct{ Name string }
	Spec     struct {
		Selector          struct{ MatchLabels map[string]string }
		TargetPorts       []struct{ Number int32 }
		EndpointPickerRef struct {
			Name string
			Port struct{ Number int32 }
		}
	}
}

// Route is the part of an HTTPRoute that the rules look at.
type Route struct {
	Spec struct {
		Rules []struct {
			BackendRefs []struct{ Kind, Name string }
			Timeouts    struct{ Request string }
		}
	}
}

// A service's name without a namespace, and a port.
var address = regexp.MustCompile(`(?:^|[/=,])([a-z][a-z0-9-]*):(\d+)\b`)

// An address that nobody has shows only once there are requests, or never where spans go there.
func settingsLead(set *Set) []string {
	return perPod(set, func(deployment appsv1.Deployment, pod corev1.PodSpec) string {
		said := slices.Clone(pod.Containers[0].Args)
		for key, value := range Properties(filesOf(set, deployment)) {
			said = append(said, key+"="+value)
		}
		for _, text := range said {
			for _, found := range address.FindAllStringSubmatch(text, -1) {
				if !hasService(set, found[1], found[2]) {
					return text + " leads to no service"
				}
			}
		}
		return ""
	})
}

func hasService(set *Set, name, port string) bool {
	return slices.ContainsFunc(set.Services, func(service corev1.Service) bool {
		return service.Name == name && slices.ContainsFunc(service.Spec.Ports, func(own corev1.ServicePort) bool {
			return fmt.Sprint(own.Port) == port
		})
	})
}

// Triton names its ports in flags; --http-port and the like.
var listening = regexp.MustCompile(`^--([a-z]+)-port=(\d+)$`)

// Of programs whose image CI has not: where they listen is said twice.
func listens(set *Set) []string {
	complaints := perPod(set, func(_ appsv1.Deployment, pod corev1.PodSpec) string {
		for _, arg := range pod.Containers[0].Args {
			found := listening.FindStringSubmatch(arg)
			if found != nil && !slices.ContainsFunc(pod.Containers[0].Ports, func(own corev1.ContainerPort) bool {
				return own.Name == found[1] && fmt.Sprint(own.ContainerPort) == found[2]
			}) {
				return arg + " is no port of the container"
			}
		}
		return ""
	})
	return append(complaints, collectorListens(set)...)
}

const meshIdentity = "spiffe://winnow/ns/winnow/sa/"

// Whom a service lets in, and whom it expects, goes by the URI in a certificate; both ends of a call show theirs.
func certified(set *Set) []string {
	var known []string
	for _, identity := range set.Identities {
		known = append(known, identity.Spec.URIs...)
	}
	return perPod(set, func(deployment appsv1.Deployment, pod corev1.PodSpec) string {
		for _, volume := range pod.Volumes {
			for _, identity := range set.Identities {
				if volume.Secret == nil || volume.Secret.SecretName != identity.Spec.SecretName {
					continue
				}
				wanted := []string{meshIdentity + pod.ServiceAccountName}
				if identity.Spec.IsCA || !slices.Equal(identity.Spec.URIs, wanted) {
					return fmt.Sprintf("its certificate is for %v, not for %v", identity.Spec.URIs, wanted)
				}
				if !slices.Contains(identity.Spec.Usages, "client auth") || !slices.Contains(identity.Spec.Usages, "server auth") {
					return fmt.Sprintf("its certificate is only for %v", identity.Spec.Usages)
				}
			}
		}
		for key, value := range Properties(filesOf(set, deployment)) {
			for _, one := range strings.Split(value, ",") {
				if strings.HasPrefix(one, meshIdentity) && !slices.Contains(known, one) {
					return key + " is " + one + ", which no certificate says"
				}
			}
		}
		return ""
	})
}

// Each pod of the mesh by one monitor, under the name that the alerts know, at the page that its image has.
func scraped(set *Set) []string {
	if len(set.Monitors) == 0 {
		return nil
	}
	return perPod(set, func(deployment appsv1.Deployment, pod corev1.PodSpec) string {
		if partOf(deployment) == "" {
			return ""
		}
		monitors, path := 0, "/q/metrics"
		if len(filesOf(set, deployment)) == 0 {
			path = "/metrics"
		}
		for _, monitor := range set.Monitors {
			if !selects(&monitor.Spec.Selector, deployment) {
				continue
			}
			monitors++
			if monitor.Spec.JobLabel != name {
				return "its job is not called by its name"
			}
			for _, endpoint := range monitor.Spec.PodMetricsEndpoints {
				if endpoint.Path != path || !servesMetrics(pod.Containers[0], endpoint.Port) {
					return "has no metrics at " + endpoint.Port + endpoint.Path
				}
			}
		}
		if monitors != 1 {
			return fmt.Sprintf("is scraped by %d monitors, must be by one", monitors)
		}
		return ""
	})
}

// A port of its own for metrics, or else the HTTP port.
func servesMetrics(container corev1.Container, port string) bool {
	has := func(wanted string) bool {
		return slices.ContainsFunc(container.Ports, func(own corev1.ContainerPort) bool { return own.Name == wanted })
	}
	return port == "metrics" && has(port) || port == "http" && has(port) && !has("metrics")
}

// From the Gateway's route over the pool and its picker to the decoders' HTTP port.
func routed(set *Set) []string {
	var complaints []string
	complain := func(wrong bool, format string, about ...any) {
		if wrong {
			complaints = append(complaints, fmt.Sprintf(format, about...))
		}
	}
	for _, pool := range set.Pools {
		for _, port := range pool.Spec.TargetPorts {
			complain(!slices.ContainsFunc(set.Deployments, func(deployment appsv1.Deployment) bool {
				return deployment.Name == decoder && hasNamedPort(deployment, "http", port.Number) &&
					labels.SelectorFromSet(pool.Spec.Selector.MatchLabels).Matches(labels.Set(deployment.Spec.Template.Labels))
			}), "pool %s: port %d of %v is no decoder's", pool.Metadata.Name, port.Number, pool.Spec.Selector.MatchLabels)
		}
		ref := pool.Spec.EndpointPickerRef
		complain(!hasService(set, ref.Name, fmt.Sprint(ref.Port.Number)), "pool %s: no picker at %s:%d", pool.Metadata.Name, ref.Name, ref.Port.Number)
		complain(!slices.ContainsFunc(set.Deployments, func(deployment appsv1.Deployment) bool {
			args := deployment.Spec.Template.Spec.Containers[0].Args
			return deployment.Name == ref.Name && slices.Contains(args, "--pool-name="+pool.Metadata.Name) &&
				slices.Contains(args, "--model-server-metrics-path=/q/metrics")
		}), "pool %s: its picker looks at another one, or for metrics elsewhere", pool.Metadata.Name)
	}
	for _, route := range set.Routes {
		for _, rule := range route.Spec.Rules {
			for _, backend := range rule.BackendRefs {
				complain(!slices.ContainsFunc(set.Pools, func(pool Pool) bool {
					return backend.Kind == "InferencePool" && pool.Metadata.Name == backend.Name
				}), "route: no %s %s", backend.Kind, backend.Name)
			}
			limit, err := time.ParseDuration(rule.Timeouts.Request)
			complain(err != nil || limit <= longestOf(set), "route: ends a request after %q, and answers may take %s", rule.Timeouts.Request, longestOf(set))
		}
	}
	return complaints
}

func hasNamedPort(deployment appsv1.Deployment, wanted string, number int32) bool {
	return slices.ContainsFunc(deployment.Spec.Template.Spec.Containers[0].Ports, func(own corev1.ContainerPort) bool {
		return own.Name == wanted && own.ContainerPort == number
	})
}
