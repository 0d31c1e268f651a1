package manifests

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

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
	"services say what they speak":              servicesSpeak,
	"settings lead to services":                 settingsLead,
	"what listens is where its port says":       listens,
	"certificates say whose they are":           certified,
	"what Prometheus scrapes is there":          scraped,
	"a gateway's way leads to decoders":         routed,
	"what comes first does not reserve more":    initsAreSmall,
	"all export the same, and for the GPU":      exportAlike,
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
var mayHaveToken = []string{picker}

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

// A pod reserves the most that any init container asks for, also when that is done.
func initsAreSmall(set *Set) []string {
	return perPod(set, func(_ appsv1.Deployment, pod corev1.PodSpec) string {
		for _, first := range pod.InitContainers {
			before, after := first.Resources.Requests, pod.Containers[0].Resources.Requests
			if before.Cpu().Cmp(*after.Cpu()) > 0 || before.Memory().Cmp(*after.Memory()) > 0 {
				return first.Name + " requests more than " + pod.Containers[0].Name
			}
		}
		return ""
	})
}
