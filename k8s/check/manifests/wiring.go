package manifests

import (
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func filesOf(set *Set, deployment appsv1.Deployment) map[string]string {
	for _, volume := range deployment.Spec.Template.Spec.Volumes {
		if volume.Name == "settings" && volume.ConfigMap != nil {
			return set.ConfigMaps[volume.ConfigMap.Name].Data
		}
	}
	return nil
}

func mounted(set *Set) []string {
	return perPod(set, func(_ appsv1.Deployment, pod corev1.PodSpec) string {
		for _, volume := range pod.Volumes {
			switch {
			case volume.ConfigMap != nil && volume.ConfigMap.Optional == nil:
				if _, found := set.ConfigMaps[volume.ConfigMap.Name]; !found {
					return "no ConfigMap " + volume.ConfigMap.Name
				}
			case volume.Secret != nil && !set.Secrets[volume.Secret.SecretName]:
				return "no Secret " + volume.Secret.SecretName
			case volume.PersistentVolumeClaim != nil && !set.Claims[volume.PersistentVolumeClaim.ClaimName]:
				return "no claim " + volume.PersistentVolumeClaim.ClaimName
			}
		}
		return ""
	})
}

func servicesLead(set *Set) []string {
	var complaints []string
	for _, service := range set.Services {
		selector := labels.SelectorFromSet(service.Spec.Selector)
		for _, port := range service.Spec.Ports {
			if !slices.ContainsFunc(set.Deployments, func(deployment appsv1.Deployment) bool {
				return selector.Matches(labels.Set(deployment.Spec.Template.Labels)) && hasPort(deployment, port)
			}) {
				complaints = append(complaints, service.Name+": port "+port.Name+" leads nowhere")
			}
		}
	}
	return complaints
}

// Callers of a headless service go to the pod's port, so the service's must be the same.
func hasPort(deployment appsv1.Deployment, wanted corev1.ServicePort) bool {
	for _, container := range deployment.Spec.Template.Spec.Containers {
		for _, port := range container.Ports {
			if wanted.TargetPort.String() == port.Name {
				return wanted.Port == port.ContainerPort || wanted.Port == 80
			}
		}
	}
	return false
}

// A gateway believes appProtocol: without TLS it must say so of HTTP/2, and with TLS it must not.
func servicesSpeak(set *Set) []string {
	var complaints []string
	for _, service := range set.Services {
		at := slices.IndexFunc(set.Deployments, func(d appsv1.Deployment) bool {
			return labels.SelectorFromSet(service.Spec.Selector).Matches(labels.Set(d.Spec.Template.Labels))
		})
		for _, port := range service.Spec.Ports {
			if at < 0 || !strings.Contains(port.TargetPort.String(), "grpc") {
				continue
			}
			plain := port.AppProtocol != nil && *port.AppProtocol == "kubernetes.io/h2c"
			if secured(set, set.Deployments[at]) == plain {
				complaints = append(complaints, fmt.Sprintf("%s: port %s says of itself that it is plain HTTP/2: %v", service.Name, port.Name, plain))
			}
		}
	}
	return complaints
}

// The picker has TLS unless it is told otherwise.
func secured(set *Set, deployment appsv1.Deployment) bool {
	if deployment.Name == picker {
		return !slices.Contains(deployment.Spec.Template.Spec.Containers[0].Args, "--secure-serving=false")
	}
	return Properties(filesOf(set, deployment))["winnow.mesh.tls.certificate"] != ""
}

// Pods share a repository, and Triton runs on its GPU only what was exported in a half precision.
func exportAlike(set *Set) []string {
	shared, first := "", ""
	complaints := perPod(set, func(deployment appsv1.Deployment, pod corev1.PodSpec) string {
		claimed := slices.ContainsFunc(pod.Volumes, func(v corev1.Volume) bool { return v.PersistentVolumeClaim != nil })
		for _, container := range pod.InitContainers {
			exports := strings.Join(container.Args, " ")
			if !claimed {
				continue
			}
			if shared == "" {
				shared, first = exports, deployment.Name
			}
			if exports != shared {
				return "writes into the repository that it shares with " + first + " by other arguments"
			}
		}
		return ""
	})
	for _, deployment := range set.Deployments {
		gpus := deployment.Spec.Template.Spec.Containers[0].Resources.Limits["nvidia.com/gpu"]
		if !gpus.IsZero() && !strings.HasSuffix(shared, "--weights fp16") && !strings.HasSuffix(shared, "--weights bf16") {
			complaints = append(complaints, deployment.Name+": has a GPU, but runs on its CPU what is exported by: "+shared)
		}
	}
	return complaints
}
