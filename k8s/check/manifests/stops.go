package manifests

import (
	"fmt"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
)

// Seconds that the service itself takes at a stop, after preStop: see docs/settings.md.
func drain(set *Set, deployment appsv1.Deployment) (time.Duration, error) {
	settings := Properties(filesOf(set, deployment))
	if len(settings) == 0 {
		return unload(set, deployment)
	}
	var sum time.Duration
	for _, key := range []string{"quarkus.shutdown.delay", "quarkus.shutdown.timeout", "winnow." + strings.TrimSuffix(strings.TrimPrefix(deployment.Name, "vision-"), "-svc") + ".drain-timeout"} {
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

// Triton's own: it ends what is under way, which may be the longest answer.
func unload(set *Set, deployment appsv1.Deployment) (time.Duration, error) {
	for _, arg := range deployment.Spec.Template.Spec.Containers[0].Args {
		seconds, found := strings.CutPrefix(arg, "--exit-timeout-secs=")
		if !found {
			continue
		}
		exit, err := time.ParseDuration(seconds + "s")
		if longest := longestOf(set); err == nil && exit <= longest {
			err = fmt.Errorf("leaves answers %s to end, and they may take %s", exit, longest)
		}
		return exit, err
	}
	return 0, fmt.Errorf("does not say how long it takes to stop")
}

// The longest answer that any service of the set allows.
func longestOf(set *Set) time.Duration {
	var longest time.Duration
	for _, deployment := range set.Deployments {
		settings := Properties(filesOf(set, deployment))
		for _, key := range []string{"winnow.http.answer-timeout", "winnow.decoder.answer-timeout"} {
			limit, _ := time.ParseDuration(settings[key])
			longest = max(longest, limit)
		}
	}
	return longest
}

// Answers stream through the picker.
func streamsEnd(set *Set, pod corev1.PodSpec) string {
	grace := time.Duration(*pod.TerminationGracePeriodSeconds) * time.Second
	if longest := longestOf(set); grace <= longest {
		return fmt.Sprintf("is killed after %s, and answers may take %s", grace, longest)
	}
	return ""
}

func endInPeace(set *Set) []string {
	return perPod(set, func(deployment appsv1.Deployment, pod corev1.PodSpec) string {
		if deployment.Name == picker {
			return streamsEnd(set, pod)
		}
		if partOf(deployment) == "" {
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
		if complaint := longestAnswer(set, deployment); complaint != "" {
			return complaint
		}
		return timeToNotice(set, deployment, time.Duration(hook.PreStop.Sleep.Seconds)*time.Second)
	})
}

// How long callers may use an address that is not listed any more: a cache of names keeps it, services look every 2 s.
const stale = 45 * time.Second

// Of a name in such a cache alone; gRPC spreads the ages of connections by a tenth.
const (
	staleName = 30 * time.Second
	spreadAge = 1.1
)

// Whether callers that keep their connections are gone before requests are refused.
func timeToNotice(set *Set, deployment appsv1.Deployment, preStop time.Duration) string {
	settings := Properties(filesOf(set, deployment))
	delay, _ := time.ParseDuration(settings["quarkus.shutdown.delay"])
	if notice := preStop + delay; notice < stale {
		return fmt.Sprintf("refuses requests %s after it left the lists, which may be known for %s", notice, stale)
	}
	if deployment.Name != decoder {
		return "" // its callers are the project's own, which look names up all the time
	}
	age, _ := time.ParseDuration(settings["winnow.mesh.max-connection-age"])
	needed := staleName + time.Duration(float64(age)*spreadAge)
	if age == 0 || delay == 0 || preStop+delay < needed {
		return fmt.Sprintf("refuses requests after %s, but clients may stay connected for %s (of connections' age %s)", preStop+delay, needed, age)
	}
	return ""
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

// An autoscaler counts what it added within a policy's period as free to go at once.
func scaleInIsSlow(set *Set) []string {
	const longest = 300
	var complaints []string
	check := func(target string, in *autoscalingv2.HPAScalingRules) {
		if target != decoder {
			return
		}
		if in == nil || in.StabilizationWindowSeconds == nil || *in.StabilizationWindowSeconds < longest {
			complaints = append(complaints, target+": scales in before the answers of a burst have ended")
			return
		}
		for _, policy := range in.Policies {
			if policy.PeriodSeconds > *in.StabilizationWindowSeconds {
				complaints = append(complaints, target+": takes away all at once what it added within the period")
			}
		}
	}
	for _, autoscaler := range set.Autoscalers {
		check(autoscaler.Spec.ScaleTargetRef.Name, autoscaler.Spec.Behavior.ScaleDown)
	}
	for _, scaled := range set.Scaled {
		check(scaled.Spec.ScaleTargetRef.Name, scaled.Spec.Advanced.HorizontalPodAutoscalerConfig.Behavior.ScaleDown)
	}
	return complaints
}
