package manifests

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

const name = "app.kubernetes.io/name"

// Rule looks at a set and complains, a line for each thing that is wrong.
type Rule func(set *Set) []string

// Rules are all of them, by name.
var Rules = map[string]Rule{
	"images are pinned":                         perContainer(pinned),
	"containers are bounded":                    perContainer(bounded),
	"containers are locked down":                perContainer(lockedDown),
	"settings are files":                        perContainer(settingsAreFiles),
	"ONNX Runtime does not report":              perContainer(noTelemetry),
	"the JVM fits its container":                jvmFits,
	"pods are probed":                           probed,
	"pods have an identity and no token":        identified,
	"pods end in peace":                         endInPeace,
	"pods are spread":                           spread,
	"disruptions are budgeted":                  budgeted,
	"what is mounted is there":                  mounted,
	"services lead to ports":                    servicesLead,
	"autoscalers and manifests do not disagree": scaledOnce,
	"scale-in is slower than an answer":         scaleInIsSlow,
	"traces are judged whole":                   judgedWhole,
	"the latest traces fit their volume":        fileFits,
}

// JVM images, which are the project's own.
var jvm = []string{"vision-encoder-svc", "pruner-svc", "decoder-svc", "winnow"}

func perContainer(check func(container corev1.Container) string) Rule {
	return func(set *Set) []string {
		var complaints []string
		for _, deployment := range set.Deployments {
			spec := deployment.Spec.Template.Spec
			for _, container := range slices.Concat(spec.InitContainers, spec.Containers) {
				if complaint := check(container); complaint != "" {
					complaints = append(complaints, deployment.Name+"/"+container.Name+": "+complaint)
				}
			}
		}
		return complaints
	}
}

func perPod(set *Set, check func(deployment appsv1.Deployment, pod corev1.PodSpec) string) []string {
	var complaints []string
	for _, deployment := range set.Deployments {
		if complaint := check(deployment, deployment.Spec.Template.Spec); complaint != "" {
			complaints = append(complaints, deployment.Name+": "+complaint)
		}
	}
	return complaints
}

// ImageName is the last part of an image's name.
func ImageName(image string) string {
	image, _, _ = strings.Cut(image, "@")
	image = image[strings.LastIndex(image, "/")+1:]
	image, _, _ = strings.Cut(image, ":")
	return image
}

var tagged = regexp.MustCompile(`(:[^/:@]+|@sha256:[0-9a-f]{64})$`)

func pinned(container corev1.Container) string {
	if !tagged.MatchString(container.Image) || strings.HasSuffix(container.Image, ":latest") {
		return "image " + container.Image + " has no tag that stays"
	}
	return ""
}

func bounded(container corev1.Container) string {
	requests, limits := container.Resources.Requests, container.Resources.Limits
	switch {
	case requests.Cpu().IsZero() || requests.Memory().IsZero():
		return "requests no processor or no memory"
	case limits.Memory().IsZero():
		return "has no memory limit"
	case slices.Contains(jvm, ImageName(container.Image)) && requests.Memory().Cmp(*limits.Memory()) != 0:
		return "takes its whole heap sooner or later, so it must request all the memory that it may use"
	}
	return ""
}

func lockedDown(container corev1.Container) string {
	context := container.SecurityContext
	if context == nil || context.ReadOnlyRootFilesystem == nil || !*context.ReadOnlyRootFilesystem {
		return "can write to its root"
	}
	if context.AllowPrivilegeEscalation == nil || *context.AllowPrivilegeEscalation {
		return "may gain rights"
	}
	if context.Capabilities == nil || !slices.Contains(context.Capabilities.Drop, "ALL") {
		return "keeps capabilities"
	}
	return ""
}

// A service passes over a variable that it does not know, but refuses a file with a key that it does not know.
func settingsAreFiles(container corev1.Container) string {
	if len(container.EnvFrom) > 0 {
		return "takes variables from elsewhere"
	}
	known := []string{"SMALLRYE_CONFIG_LOCATIONS", "JAVA_TOOL_OPTIONS", "ORT_DISABLE_TELEMETRY"}
	for _, variable := range container.Env {
		if slices.Contains(jvm, ImageName(container.Image)) && !slices.Contains(known, variable.Name) {
			return "variable " + variable.Name + " is a setting: put it into a file, where a typing error is found"
		}
	}
	return ""
}

func noTelemetry(container corev1.Container) string {
	if image := ImageName(container.Image); image != "triton" && !slices.Contains(jvm, image) {
		return ""
	}
	if variable(container, "ORT_DISABLE_TELEMETRY") != "1" {
		return "ORT_DISABLE_TELEMETRY is not 1"
	}
	return ""
}

func variable(container corev1.Container, wanted string) string {
	for _, variable := range container.Env {
		if variable.Name == wanted {
			return variable.Value
		}
	}
	return ""
}

// What a JVM takes beside its heap and its buffers: classes, compiled code, threads, the collector's own.
var overhead = resource.MustParse("384Mi")

var (
	heap   = regexp.MustCompile(`-Xmx(\d+[kmg])`)
	direct = regexp.MustCompile(`-XX:MaxDirectMemorySize=(\d+[kmg])`)
)

func jvmFits(set *Set) []string {
	var complaints []string
	for _, deployment := range set.Deployments {
		template := deployment.Spec.Template
		for _, container := range slices.Concat(template.Spec.InitContainers, template.Spec.Containers) {
			if !slices.Contains(jvm, ImageName(container.Image)) {
				continue
			}
			native := "0"
			if slices.ContainsFunc(template.Spec.Containers, func(c corev1.Container) bool { return c.Name == container.Name }) {
				native = template.Annotations["winnow.io/native-memory"]
			}
			if complaint := fits(container, native); complaint != "" {
				complaints = append(complaints, deployment.Name+"/"+container.Name+": "+complaint)
			}
		}
	}
	return complaints
}

func fits(container corev1.Container, native string) string {
	options := variable(container, "JAVA_TOOL_OPTIONS")
	sum := overhead.DeepCopy()
	for _, part := range []*regexp.Regexp{heap, direct} {
		found := part.FindStringSubmatch(options)
		if found == nil {
			return "JAVA_TOOL_OPTIONS says nothing of " + part.String()
		}
		size := found[1][:len(found[1])-1] + strings.ToUpper(found[1][len(found[1])-1:]) + "i"
		sum.Add(resource.MustParse(size))
	}
	outside, err := resource.ParseQuantity(native)
	if err != nil {
		return "annotation winnow.io/native-memory is \"" + native + "\""
	}
	sum.Add(outside)
	if limit := container.Resources.Limits.Memory(); sum.Cmp(*limit) > 0 {
		return fmt.Sprintf("heap, buffers, native memory and overhead are %s, the limit is %s", sum.String(), limit)
	}
	return ""
}

func probed(set *Set) []string {
	return perPod(set, func(_ appsv1.Deployment, pod corev1.PodSpec) string {
		for _, container := range pod.Containers {
			if container.StartupProbe == nil || container.ReadinessProbe == nil || container.LivenessProbe == nil {
				return container.Name + " lacks a startup, readiness or liveness probe"
			}
			for _, probe := range []*corev1.Probe{container.StartupProbe, container.ReadinessProbe, container.LivenessProbe} {
				if port := probedPort(container, probe); port != "" {
					return container.Name + " is probed at port " + port + ", which it does not have"
				}
			}
		}
		return ""
	})
}

// The port that a probe asks for, if the container has none such.
func probedPort(container corev1.Container, probe *corev1.Probe) string {
	wanted := ""
	if probe.HTTPGet != nil {
		wanted = probe.HTTPGet.Port.String()
	} else if probe.GRPC != nil {
		wanted = fmt.Sprint(probe.GRPC.Port)
	}
	for _, port := range container.Ports {
		if wanted == port.Name || wanted == fmt.Sprint(port.ContainerPort) {
			return ""
		}
	}
	return wanted
}

// The picker of endpoints watches pods; nothing else asks the API server.
var mayHaveToken = []string{"endpoint-picker"}

func identified(set *Set) []string {
	return perPod(set, func(deployment appsv1.Deployment, pod corev1.PodSpec) string {
		account, found := set.Accounts[pod.ServiceAccountName]
		switch {
		case !found || pod.ServiceAccountName != deployment.Name:
			return "has no service account of its own"
		case account.AutomountServiceAccountToken == nil || *account.AutomountServiceAccountToken:
			return "its service account mounts a token into every pod"
		case slices.Contains(mayHaveToken, deployment.Name):
			return ""
		case pod.AutomountServiceAccountToken == nil || *pod.AutomountServiceAccountToken:
			return "mounts a token"
		}
		return ""
	})
}

// Seconds that the service itself takes at a stop, after preStop: see docs/settings.md.
func drain(set *Set, deployment appsv1.Deployment) (time.Duration, error) {
	settings := Properties(filesOf(set, deployment))
	var sum time.Duration
	for _, key := range []string{"quarkus.shutdown.timeout", "winnow." + strings.TrimSuffix(strings.TrimPrefix(deployment.Name, "vision-"), "-svc") + ".drain-timeout"} {
		if settings[key] == "" {
			continue
		}
		part, err := time.ParseDuration(settings[key])
		if err != nil {
			return 0, fmt.Errorf("%s is %q", key, settings[key])
		}
		sum += part
	}
	return sum, nil
}

func filesOf(set *Set, deployment appsv1.Deployment) map[string]string {
	for _, volume := range deployment.Spec.Template.Spec.Volumes {
		if volume.Name == "settings" && volume.ConfigMap != nil {
			return set.ConfigMaps[volume.ConfigMap.Name].Data
		}
	}
	return nil
}

func endInPeace(set *Set) []string {
	return perPod(set, func(deployment appsv1.Deployment, pod corev1.PodSpec) string {
		if len(filesOf(set, deployment)) == 0 {
			return ""
		}
		hook := pod.Containers[0].Lifecycle
		if hook == nil || hook.PreStop == nil || hook.PreStop.Sleep == nil {
			return "stops before its callers know"
		}
		needed, err := drain(set, deployment)
		if err != nil {
			return err.Error()
		}
		needed += time.Duration(hook.PreStop.Sleep.Seconds) * time.Second
		grace := time.Duration(*pod.TerminationGracePeriodSeconds) * time.Second
		if needed >= grace {
			return fmt.Sprintf("is killed after %s, and may take %s", grace, needed)
		}
		return longestAnswer(set, deployment)
	})
}

// Whether what a stop leaves to the answers under way covers the longest one.
func longestAnswer(set *Set, deployment appsv1.Deployment) string {
	settings := Properties(filesOf(set, deployment))
	for limit, cover := range map[string]string{
		"winnow.http.answer-timeout":    "quarkus.shutdown.timeout",
		"winnow.decoder.answer-timeout": "winnow.decoder.drain-timeout",
	} {
		longest, _ := time.ParseDuration(settings[limit])
		covered, _ := time.ParseDuration(settings[cover])
		if covered < longest {
			return fmt.Sprintf("%s is %s, above it is %s with %s", cover, covered, limit, longest)
		}
	}
	return ""
}

func spread(set *Set) []string {
	return perPod(set, func(deployment appsv1.Deployment, pod corev1.PodSpec) string {
		if partOf(deployment) == "" {
			return ""
		}
		for _, wanted := range []string{corev1.LabelTopologyZone, corev1.LabelHostname} {
			if !slices.ContainsFunc(pod.TopologySpreadConstraints, func(c corev1.TopologySpreadConstraint) bool {
				return c.TopologyKey == wanted && selects(c.LabelSelector, deployment)
			}) {
				return "is not spread over " + wanted
			}
		}
		return ""
	})
}

func partOf(deployment appsv1.Deployment) string {
	return deployment.Spec.Template.Labels["app.kubernetes.io/part-of"]
}

func selects(selector *metav1.LabelSelector, deployment appsv1.Deployment) bool {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && parsed.Matches(labels.Set(deployment.Spec.Template.Labels))
}

func budgeted(set *Set) []string {
	return perPod(set, func(deployment appsv1.Deployment, _ corev1.PodSpec) string {
		if partOf(deployment) == "" {
			return ""
		}
		budgets := 0
		for _, budget := range set.Budgets {
			if selects(budget.Spec.Selector, deployment) {
				budgets++
			}
		}
		if budgets != 1 {
			return fmt.Sprintf("is in %d disruption budgets, must be in one", budgets)
		}
		return ""
	})
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

func scaledOnce(set *Set) []string {
	var complaints []string
	targets := map[string]int{}
	for _, autoscaler := range set.Autoscalers {
		targets[autoscaler.Spec.ScaleTargetRef.Name]++
	}
	for _, scaled := range set.Scaled {
		targets[scaled.Spec.ScaleTargetRef.Name]++
	}
	for target, count := range targets {
		at := slices.IndexFunc(set.Deployments, func(d appsv1.Deployment) bool { return d.Name == target })
		switch {
		case at < 0:
			complaints = append(complaints, target+": scaled, but not there")
		case set.Deployments[at].Spec.Replicas != nil:
			complaints = append(complaints, target+": every apply would undo what the autoscaler decided")
		case count > 1:
			complaints = append(complaints, target+": has several autoscalers")
		}
	}
	return complaints
}

func scaleInIsSlow(set *Set) []string {
	const longest = 300
	var complaints []string
	check := func(target string, seconds *int32) {
		if target == "decoder-svc" && (seconds == nil || *seconds < longest) {
			complaints = append(complaints, target+": scales in before the answers of a burst have ended")
		}
	}
	for _, autoscaler := range set.Autoscalers {
		check(autoscaler.Spec.ScaleTargetRef.Name, autoscaler.Spec.Behavior.ScaleDown.StabilizationWindowSeconds)
	}
	for _, scaled := range set.Scaled {
		check(scaled.Spec.ScaleTargetRef.Name, scaled.Spec.Advanced.HorizontalPodAutoscalerConfig.Behavior.ScaleDown.StabilizationWindowSeconds)
	}
	return complaints
}
