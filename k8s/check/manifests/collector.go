package manifests

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"
)

const collector = "otel-collector"

// Where the collector listens, said in its settings.
var anyAddress = regexp.MustCompile(`\bendpoint: 0\.0\.0\.0:(\d+)`)

// What is in the collector's own file of settings that others depend on.
type collection struct {
	Processors struct {
		TailSampling struct {
			DecisionWait string `json:"decision_wait"`
		} `json:"tail_sampling"`
	}
	Exporters struct {
		Recent struct {
			Path     string
			Rotation struct {
				MaxMegabytes int64 `json:"max_megabytes"`
				MaxBackups   int64 `json:"max_backups"`
			}
		} `json:"file/recent"`
	}
}

func collectorOf(set *Set) (*appsv1.Deployment, *collection, error) {
	at := slices.IndexFunc(set.Deployments, func(d appsv1.Deployment) bool { return d.Name == collector })
	if at < 0 {
		return nil, nil, nil
	}
	deployment := &set.Deployments[at]
	for _, volume := range deployment.Spec.Template.Spec.Volumes {
		if volume.Name == "config" && volume.ConfigMap != nil {
			var settings collection
			err := yaml.Unmarshal([]byte(set.ConfigMaps[volume.ConfigMap.Name].Data["config.yaml"]), &settings)
			return deployment, &settings, err
		}
	}
	return nil, nil, fmt.Errorf("has no settings")
}

// Whether a request failed or was slow is in a span that ends with the answer.
func judgedWhole(set *Set) []string {
	found, settings, err := collectorOf(set)
	if err != nil {
		return []string{collector + ": " + err.Error()}
	}
	if found == nil {
		return nil
	}
	wait, err := time.ParseDuration(settings.Processors.TailSampling.DecisionWait)
	if err != nil {
		return []string{collector + ": decision_wait is no duration: " + err.Error()}
	}
	var complaints []string
	for _, deployment := range set.Deployments {
		answers := Properties(filesOf(set, deployment))
		for _, limit := range []string{"winnow.http.answer-timeout", "winnow.decoder.answer-timeout"} {
			if longest, err := time.ParseDuration(answers[limit]); err == nil && wait <= longest {
				complaints = append(complaints, fmt.Sprintf("%s: judges a trace after %s, but %s is %s", collector, wait, limit, longest))
			}
		}
	}
	return complaints
}

// Its ports, and the folder of the file of traces, are in its settings once more.
func collectorListens(set *Set) []string {
	found, settings, err := collectorOf(set)
	if found == nil || err != nil {
		return nil // which judgedWhole says
	}
	container := found.Spec.Template.Spec.Containers[0]
	var declared, listening []string
	for _, port := range container.Ports {
		declared = append(declared, fmt.Sprint(port.ContainerPort))
	}
	for _, volume := range found.Spec.Template.Spec.Volumes {
		if volume.Name != "config" {
			continue
		}
		for _, match := range anyAddress.FindAllStringSubmatch(set.ConfigMaps[volume.ConfigMap.Name].Data["config.yaml"], -1) {
			listening = append(listening, match[1])
		}
	}
	slices.Sort(declared)
	slices.Sort(listening)
	var complaints []string
	if !slices.Equal(declared, listening) {
		complaints = append(complaints, fmt.Sprintf("%s: listens at %v, its ports are %v", collector, listening, declared))
	}
	folder := path.Dir(settings.Exporters.Recent.Path)
	if !slices.ContainsFunc(container.VolumeMounts, func(m corev1.VolumeMount) bool {
		return m.Name == "traces" && m.MountPath == folder && !m.ReadOnly
	}) {
		complaints = append(complaints, collector+": cannot write to "+folder)
	}
	return complaints
}

// A pod that outgrows its volume is evicted, and what it has not sent is lost.
func fileFits(set *Set) []string {
	found, settings, err := collectorOf(set)
	if err != nil {
		return []string{collector + ": " + err.Error()}
	}
	if found == nil {
		return nil
	}
	rotation := settings.Exporters.Recent.Rotation
	if rotation.MaxMegabytes < 1 || rotation.MaxBackups < 1 {
		return []string{collector + ": the file of traces grows without end, since 0 means no limit"}
	}
	// One more than is kept: a file is rotated before the oldest is removed.
	most := resource.NewQuantity((rotation.MaxBackups+2)*rotation.MaxMegabytes<<20, resource.BinarySI)
	at := slices.IndexFunc(found.Spec.Template.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == "traces" })
	if at < 0 || found.Spec.Template.Spec.Volumes[at].EmptyDir == nil || found.Spec.Template.Spec.Volumes[at].EmptyDir.SizeLimit == nil {
		return []string{collector + ": has no bounded volume for traces"}
	}
	if limit := found.Spec.Template.Spec.Volumes[at].EmptyDir.SizeLimit; most.Cmp(*limit) > 0 {
		return []string{fmt.Sprintf("%s: may write %s of traces, its volume has %s", collector, most, limit)}
	}
	return nil
}
